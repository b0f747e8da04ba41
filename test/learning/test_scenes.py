"""Objects rest where physics leaves them, and cameras measure what is there."""

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.simulation.objects.grasp_object import grasp_object
from dexnet_core.simulation.objects.procedural import procedural_object
from dexnet_core.simulation.scenes.noise import measure, NoiseSettings
from dexnet_core.simulation.scenes.random_scene import random_scene, SceneRange
from dexnet_core.simulation.scenes.rendered_view import (
    look_along,
    random_camera,
    render,
    ViewRange,
)
from dexnet_core.simulation.scenes.scene import Bin, Scene, SceneObject, TABLE
from dexnet_core.simulation.scenes.settling import settle
import numpy as np
import pytest
import trimesh

CAMERA = CameraIntrinsics(160, 120, 150.0, 150.0, 79.5, 59.5)
ABOVE = look_along(np.array([0, 0, 0.6]), np.array([0, 0, -1.0]))
QUIET = NoiseSettings(gamma_shape=1e9)


def resting_box() -> Scene:
    """A 100 x 60 x 40 mm box in the middle of the table."""
    pose = np.eye(4)
    pose[2, 3] = 0.02
    box = grasp_object('box', [trimesh.creation.box((0.1, 0.06, 0.04))])
    return Scene((SceneObject(box, pose),))


def test_rendered_depth_is_the_distance_along_the_axis():
    view = render(resting_box(), CAMERA, ABOVE)
    assert view.depth.dtype == np.float32
    assert view.depth[60, 80] == pytest.approx(0.56, abs=1e-6)
    np.testing.assert_allclose(view.depth[0], 0.6, atol=1e-6)
    assert view.owner[60, 80] == 0
    assert view.owner[0, 0] == TABLE
    width = view.object_mask[60].sum()
    assert width == pytest.approx(0.1 * 150 / 0.56, abs=1)


def test_a_dropped_box_lies_flat_on_the_table():
    box = grasp_object('box', [trimesh.creation.box((0.1, 0.06, 0.04))])
    (item,) = settle([box], np.random.default_rng(1)).objects
    lowest = item.object.mesh.copy().apply_transform(item.T_world_object).bounds[0, 2]
    assert lowest == pytest.approx(0, abs=1e-3)
    assert np.abs(item.T_world_object[2, :3]).max() == pytest.approx(1, abs=1e-3)


def test_a_heap_stays_in_its_bin_and_is_reproducible():
    things = [procedural_object(k) for k in range(8)]
    first, again = (settle(things, np.random.default_rng(3), Bin(0.4, 0.3, 0.15)) for _ in 'ab')
    assert len(first.objects) >= 4
    for item, other in zip(first.objects, again.objects, strict=True):
        np.testing.assert_array_equal(item.T_world_object, other.T_world_object)
        assert np.abs(item.T_world_object[:2, 3]).max() < 0.2


def test_random_scenes_have_objects_and_cameras_look_at_them():
    things = [procedural_object(k) for k in range(6)]
    rng = np.random.default_rng(0)
    for _ in range(3):
        scene = random_scene(things, SceneRange(heap=(2, 4)), rng)
        camera, T_world_camera = random_camera(scene, ViewRange(), rng)
        assert 0.4 <= T_world_camera[2, 3] <= 1.2
        assert T_world_camera[2, 2] <= -np.cos(0.35) + 1e-9
        assert 400 <= camera.fx <= 1000
        assert render(scene, camera, T_world_camera).object_mask.any()


def test_without_strength_noise_changes_nothing():
    depth = render(resting_box(), CAMERA, ABOVE).depth
    noisy = measure(depth, 150, QUIET, np.random.default_rng(0), strength=0.0)
    seen = noisy > 0
    assert seen.mean() > 0.9
    np.testing.assert_allclose(noisy[seen], depth[seen], atol=1e-4)


def test_gamma_noise_scales_the_whole_image():
    depth = np.full((50, 50), 0.7, np.float32)
    rng = np.random.default_rng(0)
    settings = NoiseSettings(gamma_shape=1000)
    means = [measure(depth, 500, settings, rng, 0.0).max() / 0.7 for _ in range(400)]
    assert np.mean(means) == pytest.approx(1, abs=0.01)
    assert np.std(means) == pytest.approx(1000**-0.5, rel=0.15)


@pytest.mark.parametrize('distance', [0.5, 1.0, 2.0])
def test_quantisation_grows_with_the_square_of_distance(distance):
    depth = np.linspace(distance, distance * 1.05, 10_000, dtype=np.float32).reshape(100, 100)
    settings = NoiseSettings(gamma_shape=1e9, correlated=0, speckle=0, dropout=0, edge=0)
    levels = np.unique(measure(depth, 500, settings, np.random.default_rng(0), 1.0))
    step = np.median(np.diff(levels[levels > 0]))
    assert step == pytest.approx(settings.quantisation * (distance * 1.025) ** 2, rel=0.1)


def test_edges_and_grazing_surfaces_are_lost():
    view = render(resting_box(), CAMERA, ABOVE)
    rng = np.random.default_rng(0)
    lost = np.mean([measure(view.depth, 150, QUIET, rng, 1.0) == 0 for _ in range(20)], axis=0)
    edge = np.abs(np.diff(view.object_mask.astype(int), axis=1)) > 0
    assert lost[:, 1:][edge].mean() > 3 * lost.mean()
