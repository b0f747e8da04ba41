"""What objects stand on is told from their own faces, from the floor and from what is left out."""

from dataclasses import replace
import re

from dexnet_core.geometry.camera import CameraIntrinsics, deproject
from dexnet_core.planning.observation import of_cloud, of_image, of_optical_cloud
from dexnet_core.planning.planners.empty_plans import nothing_to_grasp
from dexnet_core.planning.planners.segmented_scene import segment_scene
from dexnet_core.planning.planners.settings import PlannerSettings
import numpy as np
import pytest

CAMERA = CameraIntrinsics(320, 240, 300.0, 300.0, 159.5, 119.5)
AUTO = PlannerSettings()
TABLE, FLOOR, TOP = 0.7, 1.4, 0.62
"""Metres from a camera that looks straight down."""


def seen(*layers: tuple[float, float, float, float, float]) -> np.ndarray:
    """Return the depth of level rectangles, later ones in front: x, y, width, height, depth."""
    depth = np.zeros(CAMERA.shape, np.float32)
    for x, y, width, height, z in layers:
        rows = np.abs((np.arange(240) - 119.5) * z / 300 - y) <= height / 2
        columns = np.abs((np.arange(320) - 159.5) * z / 300 - x) <= width / 2
        depth[np.ix_(rows, columns)] = z
    noise = np.random.default_rng(0).normal(0, 5e-4, depth.shape)
    return np.where(depth > 0, depth + noise, 0).astype(np.float32)


def at(z: float) -> tuple[float, float, float, float, float]:
    """Return a level plane over the whole image."""
    return 0.0, 0.0, 9.0, 9.0, z


BOX = (0.02, -0.03, 0.08, 0.06, TOP)
LARGE = (0.0, 0.0, 0.2, 0.16, TOP)
CUBE = (-0.12, 0.05, 0.05, 0.05, 0.66)
BOARD = (0.0, 0.0, 0.6, 0.44, TABLE)
NOTHING = np.zeros(CAMERA.shape, bool)
ON_BOX = seen(BOX) > 0


def objects(depth: np.ndarray, settings: PlannerSettings = AUTO) -> np.ndarray:
    return segment_scene(of_image(depth, CAMERA), settings).segmented.objects


def inner(mask: np.ndarray) -> np.ndarray:
    """Return a mask without the pixels at its border, which closing may add or take."""
    return mask & np.roll(mask, 5, 0) & np.roll(mask, -5, 0) & np.roll(mask, 5, 1)


def share(found: np.ndarray, where: np.ndarray) -> float:
    return found[where].mean()


@pytest.mark.parametrize(
    ('depth', 'settings', 'right'),
    [
        (seen(at(TABLE), BOX), {}, ON_BOX),
        (seen(BOX), {}, ON_BOX),  # cut out of its image
        (seen(BOX, CUBE), {}, seen(BOX, CUBE)),
        (seen(at(TABLE)), {}, NOTHING),
        (seen(at(0.2)), {}, NOTHING),  # hardly more of a table than a large object has
        (seen(at(FLOOR), BOARD), {}, NOTHING),
        (seen(at(FLOOR), BOARD, BOX), {}, ON_BOX),
        (seen(at(FLOOR), BOARD, BOX), {'max_depth': 1.0}, ON_BOX),  # without the floor
        (seen(at(TABLE), BOX), {'max_depth': 0.68}, ON_BOX),  # without the table
        (seen(at(TABLE)), {'min_x': -0.1, 'max_x': 0.1, 'min_y': -0.1, 'max_y': 0.1}, NOTHING),
    ],
)
def test_only_objects_are_objects(depth, settings, right):
    found = objects(depth, replace(AUTO, **settings))
    right = right > 0
    beside = ~right & (depth > 0)
    assert not beside.any() or share(found, beside) < 0.02
    assert not right.any() or share(found, inner(right)) > 0.98


def test_a_level_cut_above_the_table_keeps_the_table_as_what_is_stood_on():
    scene = segment_scene(of_image(seen(at(TABLE), LARGE), CAMERA), replace(AUTO, max_depth=0.68))
    assert scene.plane.offset == pytest.approx(-TABLE, abs=2e-3)


def cloud(depth: np.ndarray) -> np.ndarray:
    return deproject(depth, CAMERA)[depth > 0]


def test_a_cloud_of_one_object_is_all_object():
    scene = segment_scene(of_optical_cloud(cloud(seen(BOX))), AUTO)
    assert scene.plane is None
    assert scene.cloud.objects.all()


def test_a_cloud_cut_out_around_an_object_still_has_its_table():
    depth = seen((0.0, 0.0, 0.24, 0.2, TABLE), BOX)
    scene = segment_scene(of_optical_cloud(cloud(depth)), AUTO)
    np.testing.assert_array_equal(scene.cloud.objects, cloud(depth)[:, 2] < 0.66)


def test_a_curved_surface_is_no_plane():
    rows, columns = np.mgrid[:240, :320]
    bulge = 0.04**2 - ((rows - 119.5) ** 2 + (columns - 159.5) ** 2) * (0.6 / 300) ** 2
    ball = np.where(bulge > 0, 0.6 - np.sqrt(np.maximum(bulge, 0)), 0).astype(np.float32)
    np.testing.assert_array_equal(objects(ball), ball > 0)


def test_a_known_plane_is_where_it_is_said_to_be():
    known = replace(AUTO, support='known', support_distance=TABLE)
    layer = seen(at(TOP))  # cartons side by side, as far as the image goes
    assert not objects(layer).any()
    given = of_image(layer, CAMERA, up=np.array([0, 0, -1.0]))
    assert segment_scene(given, known).segmented.objects.all()
    with pytest.raises(ValueError, match='direction of gravity is not'):
        objects(layer, known)
    on_base = cloud(layer) * [1, -1, -1] + [0, 0, TABLE]  # z is upwards, and 0 on the table
    scene = segment_scene(
        of_cloud(on_base, np.array([0, 0, 1.0])), replace(known, support_distance=0.0)
    )
    assert scene.cloud.objects.all()


@pytest.mark.parametrize(
    ('depth', 'mask', 'settings', 'said'),
    [
        (NOTHING, None, {}, 'the depth image is empty'),
        (seen(at(5.4)), None, {}, r'5\.4 to 5\.4 m away; is the unit right \(depth_scale\)'),
        (seen(at(0.1)), None, {}, r'0\.0993 to 0\.101 m|0\.1'),
        (seen(at(TABLE)), None, {'max_x': -9.0}, 'but not within min_x to max_x'),
        (seen(at(TABLE)), None, {}, 'set support to none, or to known'),
        (seen(at(TABLE)), NOTHING, {}, 'nothing may be grasped: the mask is zero'),
        (seen(BOX), ~ON_BOX, {}, 'does the mask belong to this image'),
    ],
)
def test_the_answer_without_objects_says_why(depth, mask, settings, said):
    settings = replace(AUTO, **settings)
    scene = segment_scene(of_image(np.asarray(depth, np.float32), CAMERA, mask), settings)
    assert not scene.has_objects
    plan = nothing_to_grasp(scene, settings, 'none', {})
    assert re.search(said, plan.message)


def test_an_image_in_millimetres_is_refused():
    with pytest.raises(ValueError, match=r'millimetres.*depth_scale'):
        objects(seen(at(TABLE)) * 1000)
