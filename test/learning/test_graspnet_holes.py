"""A GraspNet set with a hole is refused by the name of the file before training begins."""

from pathlib import Path
import shutil

import cv2
from dexnet_core.datasets.graspnet_files.set_check import require_whole_labels, require_whole_views
from dexnet_core.datasets.graspnet_files.set_layout import Layout
from dexnet_core.datasets.graspnet_files.set_reader import read_index, read_object_list
import numpy as np
import pytest
from scipy.io import savemat
from tiny_graspnet import write_tiny_set
from tiny_graspnet_run import config_for, unseen


@pytest.fixture(scope='module')
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp('whole')
    write_tiny_set(folder)
    return folder


@pytest.fixture
def root(whole, tmp_path):
    return Path(shutil.copytree(whole, tmp_path / 'set'))


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path):
    path.write_bytes(b'')


def eight_bits(path):
    cv2.imwrite(str(path), np.zeros((3, 4), np.uint8))


def smaller(path):
    cv2.imwrite(str(path), np.zeros((3, 4), np.uint16))


def without_keys(path):
    savemat(path, {'poses': np.zeros((3, 4, 1))})


def arrays_gone(path):
    np.savez(path, other=np.zeros(3))


def files(root):
    """Return a file of each kind, from the last scene of the set."""
    index = read_index(root)
    layout = Layout(root, index.camera)
    scene = max(max(scenes) for scenes in index.splits.values())
    number = read_object_list(layout, scene)[0]
    return layout, {
        'depth': layout.depth(scene, 0),
        'instances': layout.instances(scene, 0),
        'meta': layout.meta(scene, 0),
        'collisions': layout.collisions(scene),
        'labels': layout.grasp_labels(number),
        'tolerance': layout.tolerance(number),
        'list': layout.object_list(scene),
    }


HOLES = [
    *(
        (kind, Path.unlink, None)
        for kind in ('depth', 'instances', 'meta', 'collisions', 'labels')
    ),
    *((kind, Path.unlink, None) for kind in ('tolerance', 'list')),
    *((kind, cut, 'truncated') for kind in ('depth', 'instances', 'collisions', 'labels')),
    ('tolerance', cut, 'truncated'),
    ('meta', cut, None),
    *((kind, empty, r'\(0 bytes\)') for kind in ('depth', 'instances')),
    ('depth', eight_bits, '8 bits'),
    ('instances', smaller, '4 x 3 pixels, its depth'),
    ('meta', without_keys, 'lacks cls_indexes'),
    *((kind, arrays_gone, 'lacks the arrays') for kind in ('labels', 'collisions')),
]


@pytest.mark.parametrize(('kind', 'harm', 'reason'), HOLES)
def test_a_hole_is_named_before_training(root, tmp_path, kind, harm, reason):
    graspnet = pytest.importorskip('dexnet_core.training.graspnet_training')
    _, paths = files(root)
    harm(paths[kind])
    config = config_for(root, tmp_path / 'out')
    with pytest.raises((FileNotFoundError, ValueError), match=reason) as refusal:
        graspnet.train_graspnet(config, unseen)
    text = str(refusal.value)
    assert paths[kind].name in text
    assert '\n' not in text
    assert not config.out.exists()


def test_a_whole_set_has_no_hole(whole):
    layout, _ = files(whole)
    splits = read_index(whole).splits
    scenes = sorted(scene for numbers in splits.values() for scene in numbers)
    require_whole_labels(layout, scenes)
    require_whole_views(layout, [(scene, 0) for scene in scenes], unseen)
