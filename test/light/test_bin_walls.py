"""The walls of a bin are found by points on them, and rows of boxes are none."""

from dexnet_core.planning.observation import of_cloud
from dexnet_core.planning.perception.bin_walls import find_bin_walls
from dexnet_core.planning.perception.support import Plane
from dexnet_core.planning.planners.segmented_scene import segment_scene
from dexnet_core.planning.planners.settings import PlannerSettings
import numpy as np
import pytest

UP = np.array([0, 0, 1.0])
FLOOR = Plane(UP, 0.0, 5e-4)
LENGTH, WIDTH, HEIGHT = 0.4, 0.3, 0.12


def sheet(least, most, fixed: int, spacing: float = 0.006) -> np.ndarray:
    """Return points on an upright or level rectangle between two corners."""
    axes = [
        np.arange(a, b + 1e-9, spacing) if k != fixed else [a]
        for k, (a, b) in enumerate(zip(least, most, strict=True))
    ]
    return np.stack(np.meshgrid(*axes), -1).reshape(-1, 3)


def box(x: float, y: float, size: tuple[float, float, float]) -> np.ndarray:
    """Return points on the lid and the four sides of a box."""
    least, most = np.array([x, y, 0]), np.array([x, y, 0]) + size
    sides = [sheet(least, np.where(np.arange(3) == k, least, most), k) for k in (0, 1)]
    sides += [sheet(np.where(np.arange(3) == k, most, least), most, k) for k in (0, 1)]
    return np.concatenate([*sides, sheet([x, y, size[2]], most, 2)])


def bin_walls(hidden: int = 0) -> np.ndarray:
    """Return points on the insides of the walls, the first ones hidden from the camera."""
    x, y = LENGTH / 2, WIDTH / 2
    walls = [
        sheet([-x, -y, 0], [x, -y, HEIGHT], 1),
        sheet([-x, y, 0], [x, y, HEIGHT], 1),
        sheet([-x, -y, 0], [-x, y, HEIGHT], 0),
        sheet([x, -y, 0], [x, y, HEIGHT], 0),
    ]
    return np.concatenate(walls[hidden:])


def turned(points: np.ndarray, angle: float) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    noise = np.random.default_rng(0).normal(0, 5e-4, points.shape)
    return ((points + noise) @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])).astype(np.float32)


TABLE = sheet([-0.5, -0.4, 0], [0.5, 0.4, 0], 2)
CUBE = box(0.02, -0.03, (0.06, 0.05, 0.05))


@pytest.mark.parametrize('angle', [0.0, 0.4, 1.2])
@pytest.mark.parametrize('hidden', [0, 1])
def test_walls_are_where_they_were_put(angle, hidden):
    walls = find_bin_walls(FLOOR, turned(np.concatenate([TABLE, bin_walls(hidden), CUBE]), angle))
    assert sorted(walls.most - walls.least) == pytest.approx([WIDTH, LENGTH], abs=0.045)
    assert walls.hold(turned(CUBE, angle)).all()
    assert not walls.hold(turned(bin_walls(hidden), angle)).any()


def test_a_long_object_beside_a_wall_is_no_wall():
    bar = box(-0.18, -0.1, (0.05, 0.2, 0.05))
    walls = find_bin_walls(FLOOR, turned(np.concatenate([TABLE, bin_walls(), bar]), 0.4))
    assert sorted(walls.most - walls.least) == pytest.approx([WIDTH, LENGTH], abs=0.045)
    assert walls.hold(turned(bar, 0.4)).all()


@pytest.mark.parametrize(
    'things',
    [
        CUBE,
        np.concatenate(
            [box(x, y, (0.1, 0.1, 0.1)) for x in (-0.2, -0.05, 0.1) for y in (-0.2, -0.05, 0.1)]
        ),
        bin_walls(hidden=2),
        np.empty((0, 3)),
    ],
)
def test_what_is_no_bin_has_no_walls(things):
    assert find_bin_walls(FLOOR, turned(np.concatenate([TABLE, things]), 0.3)) is None


def test_a_carton_has_a_lid_and_no_floor():
    beside = (np.abs(TABLE) > [0.2, 0.15, -1])[:, :2].any(axis=1)
    carton = box(-0.2, -0.15, (0.4, 0.3, 0.1))
    assert find_bin_walls(FLOOR, turned(np.concatenate([TABLE[beside], carton]), 0.3)) is None


@pytest.mark.parametrize('things', [np.empty((0, 3)), CUBE])
def test_only_what_is_in_a_bin_may_be_grasped(things):
    points = turned(np.concatenate([TABLE, bin_walls(), things]), 0.5) + np.float32([0, 0, 0.3])
    scene = segment_scene(of_cloud(points, UP), PlannerSettings())
    on_things = np.arange(len(points)) >= len(points) - len(things)
    found = scene.cloud.objects
    assert not found[~on_things].any()
    assert not len(things) or found[on_things].mean() > 0.8
