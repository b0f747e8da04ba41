"""Every planner, with the weights that ship, grasps one plain object seen from straight above."""

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.planning.observation import of_image
from dexnet_core.planning.planners.planner_registry import planner_kinds
import numpy as np
import pytest

CAMERA = CameraIntrinsics(640, 480, 600.0, 600.0, 319.5, 239.5)
TABLE = 0.6


def scene(half: tuple[float, float], height: float, is_round: bool) -> np.ndarray:
    """Return the depth of one upright box or can in the middle of a table, with noise."""
    top = TABLE - height
    rows, columns = np.mgrid[:480, :640]
    x, y = ((columns - 319.5) * top / 600) / half[0], ((rows - 239.5) * top / 600) / half[1]
    inside = np.hypot(x, y) < 1 if is_round else np.maximum(abs(x), abs(y)) < 1
    noise = np.random.default_rng(0).normal(0, 7e-4, inside.shape)
    return (np.where(inside, top, TABLE) + noise).astype(np.float32)


@pytest.fixture(scope='module', params=planner_kinds())
def planner(request):
    return planner_kinds()[request.param].load(None, None, threads=1)


@pytest.mark.parametrize(
    ('half', 'height', 'is_round'),
    [
        ((0.025, 0.018), 0.035, False),
        ((0.02, 0.03), 0.06, False),
        ((0.03, 0.03), 0.08, True),
    ],
)
def test_one_object_from_straight_above_is_grasped_in_its_middle(planner, half, height, is_round):
    plan = planner.plan(of_image(scene(half, height, is_round), CAMERA))
    best = plan.grasps[0]
    assert np.linalg.norm(best.position[:2]) < 0.02
    assert TABLE - height - 0.01 < best.position[2] < TABLE
    assert best.T_camera_grasp[2, 2] > 0.5
