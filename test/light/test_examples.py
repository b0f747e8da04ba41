"""The example without ROS runs; those with ROS are tested beside the nodes."""

import json
from pathlib import Path
import re
import subprocess
import sys

import cv2
from dexnet_core.cli.main import main
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
CAMERA = '300,300,159.5,119.5'
BOXES = {1: (slice(70, 150), slice(100, 200), 0.65), 2: (slice(170, 220), slice(40, 90), 0.66)}


@pytest.fixture
def scene(tmp_path):
    """Files of two boxes on a table."""
    depth, labels = np.full((240, 320), 0.7, np.float32), np.zeros((240, 320), np.uint8)
    for label, (rows, columns, metres) in BOXES.items():
        depth[rows, columns], labels[rows, columns] = metres, label
    np.save(tmp_path / 'depth.npy', depth)
    cv2.imwrite(str(tmp_path / 'labels.png'), labels)
    return [str(tmp_path / 'depth.npy'), str(tmp_path / 'labels.png'), CAMERA]


def run(*arguments):
    program = ROOT / 'examples' / 'plan_objects.py'
    return subprocess.run(
        [sys.executable, str(program), *arguments], capture_output=True, text=True, check=False
    )


def test_each_object_of_a_label_image_gets_its_grasp(scene):
    done = run(*scene)
    assert done.returncode == 0, done.stderr
    found = re.findall(r'object (\d): score (\S+) at \S+ \S+ (\S+) m', done.stdout)
    assert [int(label) for label, _, _ in found] == [1, 2]
    for label, score, z in found:
        assert 0 < float(score) <= 1
        assert float(z) == pytest.approx(BOXES[int(label)][2], abs=3e-3)


def test_a_jaw_of_ones_own_is_taken(scene):
    jaw = ROOT / 'config' / 'grippers' / 'robotiq_2f140.yaml'
    done = run(*scene, '--jaw', str(jaw))
    assert done.returncode == 0, done.stderr
    assert 'object 2: score' in done.stdout


@pytest.mark.parametrize('planner', ['suction', 'jaw', 'graspnet'])
def test_the_example_image_has_grasps_for_every_planner(planner, tmp_path):
    image = str(ROOT / 'examples' / 'pile.npz')
    assert main(['plan', planner, '--depth', image, '--out', str(tmp_path)]) == 0
    grasps = json.loads((tmp_path / 'grasps.json').read_text())['grasps']
    assert grasps[0]['score'] > 0.7
