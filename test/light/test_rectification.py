"""Depth through a lens with distortion becomes that of a pinhole."""

import cv2
from dexnet_core.geometry.camera import CameraIntrinsics, pixel_rays
from dexnet_core.planning.perception.rectification import Lens, rectified_depth, rectified_labels
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

RAW = CameraIntrinsics(160, 120, 110.0, 112.0, 78.0, 61.0)
RECTIFIED = CameraIntrinsics(160, 120, 100.0, 101.0, 80.0, 59.0)
MODELS = {
    'plumb_bob': (-0.3, 0.1, 0.001, -0.002, 0.0),
    'rational_polynomial': (0.2, -0.1, 0.0, 0.0, 0.01, 0.5, 0.0, 0.0),
    'equidistant': (-0.02, 0.01, 0.0, 0.0),
}
BALL = np.array([0.06, -0.03, 0.6])
IDENTITY = np.eye(3)


def matrix(camera):
    return np.array([[camera.fx, 0, camera.cx], [0, camera.fy, camera.cy], [0, 0, 1]])


def rays_of(model, coefficients):
    """What direction each pixel of the lens looks in, (H, W, 3) with z = 1."""
    u, v = np.meshgrid(np.arange(160.0), np.arange(120.0))
    pixels = np.stack([u.ravel(), v.ravel()], axis=1)[:, None]
    undistort = cv2.fisheye.undistortPoints if model == 'equidistant' else cv2.undistortPoints
    plain = undistort(pixels, matrix(RAW), np.array(coefficients))[:, 0]
    return np.column_stack([plain, np.ones(len(plain))]).reshape(120, 160, 3)


def seen(rays, rotation=IDENTITY):
    """Depth of a wall z = 0.8 m and a sphere of 5 cm before it, both given in a turned frame."""
    directions = rays @ rotation.T
    wall = 0.8 / directions[..., 2]
    a, b = (directions**2).sum(-1), directions @ BALL
    inside = b**2 - a * (BALL @ BALL - 0.05**2)
    ball = np.where(inside > 0, (b - np.sqrt(np.maximum(inside, 0))) / a, np.inf)
    return np.minimum(wall, ball).astype(np.float32)


@pytest.mark.parametrize('model', MODELS)
@pytest.mark.parametrize('turn', [0.0, 0.1])
def test_a_scene_looks_as_through_a_pinhole(model, turn):
    rotation = Rotation.from_rotvec([turn, turn / 2, 0]).as_matrix()
    lens = Lens(RAW, RECTIFIED, model, MODELS[model], tuple(rotation.ravel()))
    u, v = np.meshgrid(np.arange(160), np.arange(120))
    expected = seen(pixel_rays(u, v, RECTIFIED))
    depth = rectified_depth(seen(rays_of(model, MODELS[model]), rotation), lens)
    assert depth.dtype == np.float32
    inside = depth > 0
    assert inside[30:90, 40:120].all()
    wrong = np.abs(depth - expected)[inside] > 0.004
    assert wrong.mean() < 0.01  # the edge of the ball, by half a pixel


def test_depth_is_not_blended_and_what_was_not_seen_stays_so():
    depth = np.full((120, 160), 0.5, np.float32)
    depth[:, 80:], depth[50:70, 20:40] = 0.9, 0
    got = rectified_depth(depth, Lens(RAW, RECTIFIED, 'plumb_bob', MODELS['plumb_bob']))
    assert set(np.unique(got)) == {np.float32(0), np.float32(0.5), np.float32(0.9)}
    assert 200 < (got[30:90, 5:60] == 0).sum() < 600


@pytest.mark.parametrize('dtype', [bool, np.int32])
def test_labels_move_as_the_depth_that_they_are_of(dtype):
    labels = np.zeros((120, 160), dtype)
    labels[40:80, 90:130] = 70001
    lens = Lens(RAW, RECTIFIED, 'plumb_bob', MODELS['plumb_bob'])
    depth = rectified_depth(np.where(labels, 0.5, 0).astype(np.float32), lens)
    moved = rectified_labels(labels, lens)
    assert moved.dtype == dtype
    np.testing.assert_array_equal(moved, np.where(depth > 0, 70001, 0).astype(dtype))


def test_eight_coefficients_mean_the_same_under_the_name_that_orbbec_gives_them():
    depth = seen(rays_of('rational_polynomial', MODELS['rational_polynomial']))
    right, named = (
        rectified_depth(depth, Lens(RAW, RECTIFIED, model, MODELS['rational_polynomial']))
        for model in ('rational_polynomial', 'plumb_bob')
    )
    np.testing.assert_array_equal(named, right)


@pytest.mark.parametrize(
    ('model', 'count', 'said'),
    [
        ('mei', 5, "model is 'mei', expected one of plumb_bob"),
        ('plumb_bob', 6, 'expected 4 or 5 or 8'),
        ('equidistant', 5, 'expected 4'),
    ],
)
def test_what_cannot_be_undone_is_named(model, count, said):
    with pytest.raises(ValueError, match=said):
        Lens(RAW, RECTIFIED, model, (0.0,) * count)


def test_an_image_of_another_size_is_refused():
    lens = Lens(RAW, RECTIFIED, 'plumb_bob', (0.0,) * 5)
    with pytest.raises(ValueError, match=r'depth image is \(60, 80\)'):
        rectified_depth(np.ones((60, 80), np.float32), lens)
