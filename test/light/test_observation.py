"""What a planner is given goes together, or is refused with what was got and expected."""

from dataclasses import replace

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.planning.observation import Observation, of_cloud, of_image, of_optical_cloud
import numpy as np
import pytest

CAMERA = CameraIntrinsics(8, 6, 10.0, 10.0, 3.5, 2.5)
DEPTH = np.ones((6, 8), np.float32)
CLOUD = np.ones((6, 8, 3))
UP = np.array([0.0, 0.0, 1.0])


def test_an_image_is_seen_along_the_optical_axis_from_its_origin():
    seen = of_image(DEPTH, CAMERA, up=[0, -2, 0])
    assert seen.is_image
    assert seen.shape == (6, 8)
    assert (seen.up.tolist(), seen.up_from) == ([0, -1, 0], 'given')
    assert (seen.axis.tolist(), seen.viewpoint.tolist()) == ([0, 0, 1], [0, 0, 0])


def test_an_optical_cloud_is_seen_as_an_image_and_any_other_from_nobody_knows_where():
    optical, flat = of_optical_cloud(CLOUD), of_cloud(CLOUD.reshape(-1, 3), up=3 * UP)
    assert not optical.is_image
    assert (optical.shape, flat.shape) == ((6, 8), (48,))
    assert (optical.axis.tolist(), optical.viewpoint.tolist()) == ([0, 0, 1], [0, 0, 0])
    assert optical.up is flat.axis is flat.viewpoint is None
    np.testing.assert_array_equal(flat.up, UP)
    assert of_cloud(CLOUD, UP, viewpoint=[1, 2, 3]).viewpoint.tolist() == [1, 2, 3]


def test_what_may_be_grasped_is_the_mask_or_every_label_but_0():
    mask = np.eye(6, 8, dtype=bool)
    assert of_image(DEPTH, CAMERA).allowed is None
    assert of_image(DEPTH, CAMERA, mask).allowed is mask
    np.testing.assert_array_equal(of_image(DEPTH, CAMERA, labels=5 * mask).allowed, mask)
    np.testing.assert_array_equal(of_optical_cloud(CLOUD, labels=-1 * mask).allowed, mask)


@pytest.mark.parametrize('shape', [(6, 9), (8, 6), (48,), (6, 8, 1)])
@pytest.mark.parametrize('what', ['mask', 'labels'])
def test_a_mask_of_another_size_is_refused(what, shape):
    values = {what: np.ones(shape, bool if what == 'mask' else int)}
    with pytest.raises(ValueError, match=rf'{what} is .*, camera is \(6, 8\) \(height, width\)'):
        of_image(DEPTH, CAMERA, **values)
    for factory, more in ((of_optical_cloud, {}), (of_cloud, {'up': UP})):
        with pytest.raises(ValueError, match=rf'{what} is .*, cloud is \(6, 8\)'):
            factory(CLOUD, **more, **values)


def test_a_depth_image_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r'depth is \(5, 8\), camera is \(6, 8\)'):
        of_image(DEPTH[1:], CAMERA)


@pytest.mark.parametrize(
    'up', [[0, 0, 0], [0, 1], [0, 0, np.nan], [0, 0, np.inf], [[0, 0, 1]], [0, 0, 1, 0]]
)
def test_what_is_no_direction_is_refused(up):
    for factory in (
        lambda: of_image(DEPTH, CAMERA, up=up),
        lambda: of_optical_cloud(CLOUD, up=up),
        lambda: of_cloud(CLOUD, up=up),
        lambda: replace(of_cloud(CLOUD, up=UP), axis=np.array(up)),
    ):
        with pytest.raises(ValueError, match='expected a direction of three numbers'):
            factory()


@pytest.mark.parametrize(
    ('parts', 'said'),
    [
        ({}, 'either a depth image or points'),
        ({'depth': DEPTH, 'camera': CAMERA, 'points': CLOUD}, 'either a depth image or points'),
        ({'depth': DEPTH}, 'a depth image has a camera'),
        ({'points': CLOUD, 'camera': CAMERA}, 'a cloud has none'),
        ({'points': CLOUD, 'mask': DEPTH > 0, 'labels': DEPTH > 0}, 'either a mask or labels'),
        ({'points': CLOUD, 'avoid': np.zeros(3)}, r'avoid is \(3,\), expected \(k, 3\)'),
        ({'points': CLOUD, 'avoid': np.zeros((2, 2))}, r'avoid is \(2, 2\), expected \(k, 3\)'),
    ],
)
def test_parts_that_do_not_go_together_are_refused(parts, said):
    with pytest.raises(ValueError, match=said):
        Observation(**parts)
