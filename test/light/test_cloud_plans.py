"""What of a cloud reaches the planner, and what a cloud that cannot be used is refused for."""

from dexnet_core.grasp import GraspPlan, PlanStatus, StageTimes
from dexnet_core.graspnet.cloud import measured
from dexnet_core.graspnet.grasp_set import no_grasps
from dexnet_core.runtime.clouds import CloudPlanner, plan_cloud
from dexnet_core.runtime.graspnet_network import GraspNetTimes
from dexnet_core.runtime.graspnet_planner import CloudPlan, CloudTimes
from dexnet_core.runtime.settings import GraspNetSettings
import numpy as np
import pytest


class Points:
    """A planner that keeps the points it was given."""

    def __init__(self, points=3, **settings):
        self.points = points
        self.settings = GraspNetSettings(**settings)

    def plan_points(self, points, chosen=True, around=None):
        self.seen, self.chosen, self.around = points, chosen, around
        status = PlanStatus.NO_CANDIDATE if len(points) else PlanStatus.NO_DEPTH
        return CloudPlan(no_grasps(), status, CloudTimes(GraspNetTimes(), 0.0))

    def described(self, plan, camera=None, segment_ms=0.0):
        assert camera is None
        times = StageTimes(segment_ms, 0.0, 0.0, 0.0)
        return GraspPlan((), plan.status, '', np.empty((0, 0), np.float32), 'none', times)


def grid(height=4, width=5, z=0.5):
    """An organised plane across the optical axis; a point each centimetre."""
    v, u = np.mgrid[:height, :width] * 0.01
    return np.stack([u, v, np.full_like(u, z)], axis=-1).astype(np.float32)


def test_the_planner_gets_what_was_measured_in_the_workspace():
    cloud = grid()
    cloud[0, 0], cloud[0, 1], cloud[0, 2] = 0, np.nan, [0, np.inf, 1]
    cloud[1, :, 2] = 0.2
    cloud[2, :, 2] = 0.9
    planner = Points(min_depth=0.3, max_depth=0.8, max_x=0.035)
    assert isinstance(planner, CloudPlanner)
    assert plan_cloud(planner, cloud).status is PlanStatus.NO_CANDIDATE
    expected = np.concatenate([cloud[0, 3:4], cloud[3, :4]])
    np.testing.assert_array_equal(planner.seen, expected)
    beside = np.concatenate([cloud[0, 3:], cloud[3]])  # not to be grasped, but in the way
    np.testing.assert_array_equal(planner.around, beside)
    assert planner.chosen
    plan_cloud(planner, cloud, chosen=False)
    assert not planner.chosen


def test_without_a_mask_the_box_around_what_rises_over_the_support_plane_is_seen():
    cloud = grid(40, 50)
    cloud[10:13, 20:23, 2] -= 0.03
    planner, prepared = Points(), Points(points=2000)
    for listener in (planner, prepared):
        plan_cloud(listener, cloud)
    assert len(prepared.seen) == 2000
    low, high = planner.seen.min(axis=0), planner.seen.max(axis=0)
    np.testing.assert_allclose([low, high], [[0.19, 0.09, 0.47], [0.23, 0.13, 0.47]], atol=0.0101)
    assert plan_cloud(Points(), grid(40, 50)).status is PlanStatus.NO_OBJECT
    assert len(planner.seen) < 50
    np.testing.assert_array_equal(prepared.seen, prepared.around)
    low, high = planner.around.min(axis=0), planner.around.max(axis=0)
    np.testing.assert_allclose([low, high], [[0.09, 0, 0.47], [0.33, 0.23, 0.5]], atol=0.0101)


@pytest.mark.parametrize('kind', [np.float32, np.float64])
def test_a_mask_keeps_the_box_around_what_it_shows(kind):
    cloud = grid(10, 10).astype(kind)
    mask = np.zeros((10, 10), bool)
    mask[0, 0] = mask[1, 1] = True
    planner = Points()
    plan_cloud(planner, cloud, mask)
    np.testing.assert_allclose(planner.seen.max(axis=0), [0.02, 0.02, 0.5])
    assert len(planner.seen) == 9
    flat = Points()
    plan_cloud(flat, cloud.reshape(-1, 3), mask.ravel())
    np.testing.assert_array_equal(flat.seen, planner.seen)


def test_an_empty_answer_tells_nothing_measured_from_no_object():
    cloud = grid()
    nothing = np.zeros((4, 5), bool)
    unseen = cloud.copy()
    unseen[2, 2] = np.nan
    only_unseen = nothing.copy()
    only_unseen[2, 2] = True
    near = Points(min_depth=1.0)
    statuses = [
        plan_cloud(Points(), cloud, nothing).status,
        plan_cloud(Points(), unseen, only_unseen).status,
        plan_cloud(near, cloud).status,
        plan_cloud(near, cloud, ~nothing).status,
        plan_cloud(Points(), np.full_like(cloud, np.nan)).status,
        plan_cloud(Points(), np.zeros((0, 3), np.float32)).status,
    ]
    assert statuses == [PlanStatus.NO_OBJECT] + [PlanStatus.NO_DEPTH] * 5


@pytest.mark.parametrize(
    ('cloud', 'mask', 'said'),
    [
        (1000 * grid(), None, 'is it in millimetres'),
        (grid(z=-0.5), None, '20 of 20 points have z <= 0, expected an optical frame'),
        (grid()[..., :2], None, r'shape \(4, 5, 2\)'),
        (grid().astype(complex), None, 'complex128, expected real numbers'),
        (grid(), np.ones((5, 4), bool), r'mask is \(5, 4\), cloud is \(4, 5\)'),
        (grid().reshape(-1, 3), np.ones((4, 5), bool), r'mask is \(4, 5\), cloud is \(20,\)'),
    ],
)
def test_clouds_that_cannot_be_used_are_named(cloud, mask, said):
    with pytest.raises(ValueError, match=said):
        plan_cloud(Points(), cloud, mask)


def test_what_was_measured_is_told_point_by_point():
    cloud = np.array([[[0, 0, 0], [0, 0, 1]], [[np.nan, 0, 1], [np.inf, 0, 0]]])
    np.testing.assert_array_equal(measured(cloud), [[False, True], [False, False]])
    assert measured(np.array([[0, 0, 3]], np.int16)).tolist() == [True]
