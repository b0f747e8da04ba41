"""Pixels to points and back; the ways cameras write depth."""

from dexnet_core.geometry.camera import (
    CameraIntrinsics,
    deproject,
    depth_from_image,
    pixel_rays,
    project,
)
import numpy as np
import pytest

CAMERA = CameraIntrinsics(64, 48, 50.0, 55.0, 30.5, 25.0)


def test_project_undoes_deproject():
    depth = np.random.default_rng(0).uniform(0.3, 2, CAMERA.shape).astype(np.float32)
    v, u = np.mgrid[:48, :64]
    pixels = project(deproject(depth, CAMERA), CAMERA)
    np.testing.assert_allclose(pixels, np.stack([u, v], -1), atol=1e-4)


def test_deproject_with_step_takes_every_other_pixel():
    depth = np.random.default_rng(0).uniform(0.3, 2, CAMERA.shape).astype(np.float32)
    np.testing.assert_array_equal(deproject(depth, CAMERA, 3), deproject(depth, CAMERA)[::3, ::3])


def test_principal_point_looks_straight_ahead():
    np.testing.assert_allclose(pixel_rays(30.5, 25.0, CAMERA), [0, 0, 1])


@pytest.mark.parametrize('unseen', [0, -1, np.nan, np.inf, -np.inf])
def test_unseen_becomes_zero(unseen):
    depth = depth_from_image(np.array([[0.5, unseen]], np.float64))
    assert depth.dtype == np.float32
    np.testing.assert_allclose(depth, [[0.5, 0]])


def test_byte_order_does_not_matter():
    image = np.arange(500, 506).reshape(2, 3)
    for kind in ('<u2', '>u2', '>f4', '<f8'):
        scale = 1 if 'u' in kind else 1e-3
        depth = depth_from_image((image * scale).astype(kind))
        np.testing.assert_allclose(depth, image * 1e-3, rtol=1e-6)
        assert depth.dtype == np.float32
        assert depth.dtype.isnative


def test_uint16_is_millimetres_and_a_last_axis_of_one_is_dropped():
    np.testing.assert_allclose(depth_from_image(np.full((2, 3, 1), 750, np.uint16)), 0.75)


@pytest.mark.parametrize(
    'image',
    [
        np.zeros((0, 4), np.float32),
        np.zeros((4, 4, 3), np.float32),
        np.zeros(4, np.float32),
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4), bool),
    ],
)
def test_what_is_no_depth_image_is_refused(image):
    with pytest.raises(ValueError, match='expected'):
        depth_from_image(image)


@pytest.mark.parametrize(
    ('key', 'value'), [('fx', 0.0), ('fy', -1.0), ('fx', np.nan), ('width', 0), ('cx', np.inf)]
)
def test_uncalibrated_camera_is_refused(key, value):
    numbers = {'width': 4, 'height': 4, 'fx': 1.0, 'fy': 1.0, 'cx': 0.0, 'cy': 0.0}
    with pytest.raises(ValueError, match='expected'):
        CameraIntrinsics(**{**numbers, key: value})


@pytest.mark.parametrize(
    ('kind', 'scale'),
    [(np.uint16, 0.00025), (np.int32, 0.001), (np.uint8, 0.1), (np.float32, 0.001), ('>u2', 1e-4)],
)
def test_a_scale_is_metres_per_stored_unit(kind, scale):
    image = np.array([[3, 0, 250]], kind)
    np.testing.assert_allclose(depth_from_image(image, scale), [[3 * scale, 0, 250 * scale]])


def test_a_leading_axis_of_one_is_dropped():
    assert depth_from_image(np.ones((1, 5, 4), np.float32)).shape == (5, 4)


@pytest.mark.parametrize('scale', [-0.001, np.nan, np.inf])
def test_a_scale_that_is_no_length_is_refused(scale):
    with pytest.raises(ValueError, match='metres per unit'):
        depth_from_image(np.ones((2, 2), np.uint16), scale)


@pytest.mark.parametrize(('fx', 'fy'), [(1e9, 120.0), (120.0, 1e38), (1e-3, 500.0)])
def test_focal_lengths_of_no_camera_are_refused(fx, fy):
    with pytest.raises(ValueError, match='expected nearly the same'):
        CameraIntrinsics(128, 96, fx, fy, 63.5, 47.5)
