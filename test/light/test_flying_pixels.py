"""Pixels in the air are told from surfaces, thin things, noise and sparse images."""

import warnings

from dexnet_core.geometry.camera import CameraIntrinsics, deproject
from dexnet_core.planning.observation import of_image, of_optical_cloud
from dexnet_core.planning.perception.flying_pixels import flying_pixels
from dexnet_core.planning.planners.segmented_scene import segment_scene
from dexnet_core.planning.planners.settings import PlannerSettings
import numpy as np
import pytest

SHAPE = (120, 160)


def surface(noise: float = 1e-3) -> np.ndarray:
    """Return the depth of a box on a table that is seen aslant."""
    depth = np.tile(0.6 + 0.001 * np.arange(SHAPE[0])[:, None], SHAPE[1])
    depth[40:80, 50:90] = 0.55
    return (depth + np.random.default_rng(0).normal(0, noise, SHAPE)).astype(np.float32)


def test_single_pixels_in_the_air_are_found_and_nothing_else():
    depth = surface()
    rng = np.random.default_rng(1)
    placed = np.zeros(SHAPE, bool)
    placed[rng.integers(5, 115, 60), rng.integers(5, 155, 60)] = True
    depth[placed] -= rng.uniform(0.05, 0.3, np.count_nonzero(placed)).astype(np.float32)
    np.testing.assert_array_equal(flying_pixels(depth), placed)


def test_a_surface_alone_has_none():
    assert not flying_pixels(surface()).any()


@pytest.mark.parametrize('rows', [slice(60, 61), slice(60, 62)])
def test_a_thin_rod_is_no_flying_pixel(rows):
    depth = surface()
    depth[rows, 5:45] = 0.5
    assert not flying_pixels(depth).any()


def test_what_is_much_too_noisy_or_sparse_is_left_as_it_is():
    assert not flying_pixels(surface(noise=0.05)).any()
    sparse = np.where(np.random.default_rng(2).random(SHAPE) < 0.2, surface(), 0)
    assert flying_pixels(sparse.astype(np.float32)).sum() < 5


@pytest.mark.parametrize('value', [0.0, 1e-9, 1e30])
@pytest.mark.parametrize('shape', [(1, 1), (1, 50), (2, 2), (60, 80)])
def test_any_image_has_an_answer(shape, value):
    assert not flying_pixels(np.full(shape, value, np.float32)).any()


def test_they_are_no_part_of_what_is_planned_on():
    depth, camera = surface(), CameraIntrinsics(160, 120, 200.0, 200.0, 79.5, 59.5)
    depth[10:110:20, 10:150:20] = 0.4
    for observation in (of_image(depth, camera), of_optical_cloud(deproject(depth, camera))):
        assert segment_scene(observation, PlannerSettings()).cloud.points[:, 2].min() > 0.5


def test_unmeasured_points_cause_no_warning():
    points = deproject(surface(), CameraIntrinsics(160, 120, 200.0, 200.0, 79.5, 59.5))
    points[:5], points[5:9], points[9:12] = np.nan, np.inf, 0
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        seen = segment_scene(of_optical_cloud(points), PlannerSettings()).cloud.points
    assert len(seen) == SHAPE[1] * (SHAPE[0] - 12)
