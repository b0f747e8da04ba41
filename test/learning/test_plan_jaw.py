"""The way of a jaw's network from torch to the command line, with weights that know nothing."""

from dataclasses import replace
import json

import cv2
import numpy as np
import pytest

pytest.importorskip('torch', reason='torch is not here: ./setup.sh --with-train')
pytest.importorskip('onnx', reason='onnx is not here: ./setup.sh --with-train')

from dexnet_core.cli.main import main
from dexnet_core.export.onnx_file import write_onnx
from dexnet_core.geometry.camera import CameraIntrinsics, project
from dexnet_core.geometry.transform import rotation_of
from dexnet_core.models.compact import CompactNet, DESIGNS, QualityNet
import torch

CAMERA = CameraIntrinsics(320, 240, 300.0, 300.0, 159.5, 119.5)
BOX = (slice(108, 132), slice(110, 210))  # 5 by 22 cm, 5 cm high


@pytest.fixture(scope='module')
def model(tmp_path_factory):
    torch.manual_seed(0)
    design = DESIGNS['jaw']._replace(widths=(8, 8, 8, 8))
    contract = replace(design.contract, name='guess')
    path = tmp_path_factory.mktemp('jaw') / 'guess.onnx'
    write_onnx(path, QualityNet(CompactNet(design._replace(contract=contract))), contract)
    return path


def test_the_fingers_stand_beside_the_box_and_what_is_between_them_is_it(model, tmp_path, capsys):
    depth = np.full(CAMERA.shape, 0.7, np.float32)
    depth[BOX] = 0.65
    np.save(tmp_path / 'depth.npy', depth)
    (tmp_path / 'settings.yaml').write_text('min_score: 0.0\n')
    files = ['--depth', tmp_path / 'depth.npy', '--settings', tmp_path / 'settings.yaml']
    options = ['--camera', '300,300,159.5,119.5', '--model', model, '--out', tmp_path / 'out']
    assert main(['plan', 'jaw', *map(str, files + options)]) == 0

    plan = json.loads((tmp_path / 'out' / 'grasps.json').read_text())
    assert plan['model'].startswith('guess')
    for grasp in plan['grasps']:
        closing = rotation_of(grasp['quaternion'])[:, 0]
        aside = (grasp['width'] / 2 + 0.006) * closing
        points = np.array(grasp['position']) + np.outer([-1, 0, 1], aside)
        u, v = np.round(project(points, CAMERA)).astype(int).T
        np.testing.assert_allclose(depth[v, u], [0.7, 0.65, 0.7])
        assert 0.65 < grasp['position'][2] < 0.7
    head, *rows = capsys.readouterr().out.splitlines()
    assert 'opening (mm)' in head
    assert len(rows) == len(plan['grasps']) > 0
    assert cv2.imread(str(tmp_path / 'out' / 'overlay.png')).shape[1] == 1280
