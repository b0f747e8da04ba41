"""Images of very many pixels: planned on with fewer of them, answered at their own size."""

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.planning.observation import of_image
from dexnet_core.planning.planners.loading import load_suction_planner
from dexnet_core.planning.planners.segmented_scene import segment_scene
from dexnet_core.planning.planners.settings import PlannerSettings
import numpy as np
import pytest

SMALL = CameraIntrinsics(640, 480, 500.0, 500.0, 319.5, 239.5)
FACTOR = 4


def box_on_table(factor):
    """Return a table at 0.7 m with a box of 9 cm on it, with more pixels by a factor."""
    depth = np.full((480 * factor, 640 * factor), 0.7, np.float32)
    depth[200 * factor : 270 * factor, 280 * factor : 350 * factor] = 0.65
    depth += np.random.default_rng(0).normal(0, 0.0003, depth.shape).astype(np.float32)
    offset = (factor - 1) / 2
    camera = CameraIntrinsics(
        640 * factor,
        480 * factor,
        SMALL.fx * factor,
        SMALL.fy * factor,
        SMALL.cx * factor + offset,
        SMALL.cy * factor + offset,
    )
    return of_image(depth, camera)


def test_the_answer_is_the_same_at_the_size_of_the_image():
    planner = load_suction_planner(threads=1)
    small, large = (planner.plan(box_on_table(factor)) for factor in (1, FACTOR))
    assert large.heatmap.shape == (480 * FACTOR, 640 * FACTOR)
    np.testing.assert_array_equal(
        np.isfinite(large.heatmap[:, :: 640 * FACTOR - 1]), np.zeros((480 * FACTOR, 2), bool)
    )
    assert large.grasps
    np.testing.assert_allclose(large.grasps[0].position, small.grasps[0].position, atol=0.012)
    assert np.mean(large.grasps[0].pixel) == pytest.approx(
        FACTOR * np.mean(small.grasps[0].pixel), abs=10 * FACTOR
    )


def test_few_pixels_are_looked_at():
    scene = segment_scene(box_on_table(FACTOR), PlannerSettings())
    assert scene.segmented.depth.size <= 1_600_000
    (low, high) = (np.percentile(scene.object_points[:, 0], q) for q in (1, 99))
    assert high - low == pytest.approx(0.09, abs=0.004)
