"""Files of a GraspNet set: what is written is what is read."""

from dataclasses import fields, replace
from xml.etree import ElementTree

from dexnet_core.datasets.graspnet_files.labelled_grasps import view_grasps
from dexnet_core.datasets.graspnet_files.set_contents import (
    ObjectLabels,
    SceneCollisions,
    SceneView,
)
from dexnet_core.datasets.graspnet_files.set_layout import GRASPS, Layout, SetIndex
from dexnet_core.datasets.graspnet_files.set_reader import (
    read_collisions,
    read_index,
    read_labels,
    read_table_poses,
    read_tolerance,
    read_view,
    read_views,
)
from dexnet_core.datasets.graspnet_files.set_writer import (
    write_cameras,
    write_collisions,
    write_index,
    write_labels,
    write_model,
    write_tolerance,
    write_view,
)
from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.geometry.transform import invert, pose_matrix, rotation_of
from dexnet_core.io.files.atomic import read_array
from dexnet_core.io.files.cloud_files import read_cloud
import numpy as np
import pytest

CAMERA = CameraIntrinsics(8, 6, 500.0, 510.0, 3.5, 2.5)


@pytest.fixture
def layout(tmp_path):
    return Layout(tmp_path, 'generated')


def random_poses(count):
    rng = np.random.default_rng(0)
    return np.array(
        [pose_matrix(rng.normal(size=3), rotation_of(q)) for q in rng.normal(size=(count, 4))]
    )


def a_view(count, factor_depth=10000.0):
    rng = np.random.default_rng(1)
    depth = np.round(rng.uniform(0.3, 1, CAMERA.shape) * factor_depth) / factor_depth
    depth[0, 0] = 0
    instances = rng.choice([0, 3, 200], CAMERA.shape).astype(np.uint8)
    ids = np.array([2, 199, 7])[:count]
    return SceneView(
        depth.astype(np.float32), instances, CAMERA, factor_depth, ids, random_poses(count)
    )


@pytest.mark.parametrize('count', [1, 3])
def test_a_view_is_read_as_it_was_written(layout, count):
    view = a_view(count)
    write_view(layout, 4, 2, view)
    read = read_view(layout, 4, 2)
    assert read_views(layout, 4) == (2,)
    for field in fields(SceneView):
        got, expected = getattr(read, field.name), getattr(view, field.name)
        if isinstance(expected, np.ndarray):
            np.testing.assert_allclose(got, expected, atol=1e-7)
        else:
            assert got == expected


def test_annotations_hold_the_poses_in_the_camera_frame(layout):
    view = a_view(3)
    write_view(layout, 4, 2, view)
    entries = ElementTree.parse(layout.annotations(4, 2)).getroot().findall('obj')
    assert [int(entry.find('obj_id').text) for entry in entries] == [2, 199, 7]
    for entry, pose in zip(entries, view.T_camera_object, strict=True):
        w, x, y, z = map(float, entry.find('ori_in_world').text.split())
        position = np.array(entry.find('pos_in_world').text.split(), float)
        read = pose_matrix(position, rotation_of(np.array([x, y, z, w])))
        np.testing.assert_allclose(read, pose, atol=1e-5)


def test_ids_above_a_byte_survive(layout):
    view = replace(a_view(1), instances=np.full(CAMERA.shape, 301, np.uint16))
    write_view(layout, 0, 0, view)
    assert (read_view(layout, 0, 0).instances == 301).all()


@pytest.mark.parametrize('wrong', [7.0, -0.1, np.nan])
def test_depth_that_does_not_fit_is_refused(layout, wrong):
    view = a_view(1)
    view.depth[3, 3] = wrong
    with pytest.raises(ValueError, match=r'scene 5.*expected 0 to 6\.55'):
        write_view(layout, 5, 0, view)
    assert not layout.depth(5, 0).exists()


def test_labels_and_tolerance_are_read_as_they_were_written(layout):
    rng = np.random.default_rng(2)
    shape = (2, *GRASPS)
    labels = ObjectLabels(
        rng.normal(size=(2, 3)).astype(np.float32),
        rng.normal(size=(*shape, 3)).astype(np.float32),
        rng.random(shape) < 0.5,
        rng.random(shape).astype(np.float32),
    )
    write_labels(layout, 3, labels)
    read = read_labels(layout, 3)
    for field in fields(ObjectLabels):
        np.testing.assert_array_equal(getattr(read, field.name), getattr(labels, field.name))
    write_tolerance(layout, 3, labels.scores)
    np.testing.assert_array_equal(read_tolerance(layout, 3, 2), labels.scores)


def test_collisions_keep_the_order_of_the_objects(layout):
    arrays = tuple(np.full((k, *GRASPS), k % 2 == 0) for k in (1, 2, 3))
    write_collisions(layout, 9, SceneCollisions((7, 0, 11), arrays))
    read = read_collisions(layout, 9)
    assert read.object_ids == (7, 0, 11)
    for got, expected in zip(read.collision, arrays, strict=True):
        np.testing.assert_array_equal(got, expected)


def test_poses_of_the_views_are_in_the_frame_of_the_first(layout):
    poses = random_poses(3)
    write_cameras(layout, 1, CAMERA, poses)
    np.testing.assert_allclose(read_table_poses(layout, 1), poses, atol=1e-12)
    stored = read_array(layout.camera_poses(1), (3, 4, 4))
    np.testing.assert_allclose(stored[0], np.eye(4), atol=1e-12)
    np.testing.assert_allclose(stored[2], invert(poses[0]) @ poses[2], atol=1e-12)
    matrix = read_array(layout.intrinsics(1), (3, 3))
    np.testing.assert_array_equal(matrix, [[500, 0, 3.5], [0, 510, 2.5], [0, 0, 1]])


def test_index_and_model_are_read_as_they_were_written(layout):
    index = SetIndex('generated', {'train': (0, 1), 'val': (2,)})
    write_index(layout.root, index)
    assert read_index(layout.root) == index
    corners = np.random.default_rng(3).normal(size=(4, 3))
    write_model(layout, 12, corners, np.array([[0, 1, 2], [0, 2, 3]]))
    np.testing.assert_allclose(read_cloud(layout.model(12)), corners, atol=1e-6)


def test_an_object_without_a_pose_in_the_view_is_named(layout):
    write_view(layout, 4, 2, a_view(1))
    write_collisions(layout, 4, SceneCollisions((7,), (np.zeros((1, *GRASPS), bool),)))
    with pytest.raises(ValueError, match=r'0002\.mat has no pose of object 7'):
        view_grasps(layout, 4, 2)


def test_archives_beside_the_published_scenes_are_left_alone(layout):
    (layout.root / 'scenes' / 'scene_0101' / 'kinect').mkdir(parents=True)
    (layout.root / 'scenes' / 'scene_0101.zip').touch()
    index = read_index(layout.root)
    assert index.camera == 'kinect'
    assert index.splits['test_seen'] == (101,)
