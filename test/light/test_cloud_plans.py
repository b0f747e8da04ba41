"""What of a cloud a network is shown, and what a cloud that cannot be used is refused for."""

from types import SimpleNamespace

from dexnet_core.planning.grasp import PlanStatus
from dexnet_core.planning.graspnet.cloud import measured
from dexnet_core.planning.graspnet.constants import GraspNetConstants
from dexnet_core.planning.graspnet.decode import Heads
from dexnet_core.planning.graspnet.stages import ANGLES, GraspNetDesign
from dexnet_core.planning.networks.graspnet_network import GraspNetTimes
from dexnet_core.planning.observation import of_cloud, of_optical_cloud
from dexnet_core.planning.planners import graspnet_candidates
from dexnet_core.planning.planners.graspnet_planner import GraspNetPlanner
from dexnet_core.planning.planners.segmented_scene import segment_scene
from dexnet_core.planning.planners.settings import GraspNetSettings, PlannerSettings
import numpy as np
import pytest


class Background:
    """A network to which everything is background; it keeps the points that it was shown."""

    name = 'none'
    design = GraspNetDesign(points=5000)
    constants = GraspNetConstants()
    seen = None

    def sense(self, points):
        assert len(points) == self.design.points  # fewer are repeated after all have come
        self.seen = points[: len(np.unique(points, axis=0))]
        none = np.zeros((0, 3), np.float32)
        return SimpleNamespace(
            objectness=np.zeros((0, 2)),
            views=np.zeros(0, int),
            poses=lambda seeds: (none, np.zeros((0, 3, 3), np.float32)),
        )

    def evaluate_seeds(self, sensed, places, rotations):
        heads = np.zeros((len(places), len(self.design.depths), ANGLES), np.float32)
        return Heads(*[heads] * 4), GraspNetTimes()


@pytest.fixture
def around(monkeypatch):
    """The points of each plan that grippers may hit."""
    kept, obstacles_of = [], graspnet_candidates.obstacles_of
    monkeypatch.setattr(
        graspnet_candidates,
        'obstacles_of',
        lambda points, settings: kept.append(points) or obstacles_of(points, settings),
    )
    return kept


def planner(**settings):
    return GraspNetPlanner(Background(), GraspNetSettings(**settings))


def shown(observation, **settings):
    """The points of an observation that the network is shown."""
    asked = planner(**settings)
    assert asked.plan(observation).status is PlanStatus.NO_OBJECT
    return asked._candidates._network.seen


def grid(height=4, width=5, z=0.5):
    """An organised plane across the optical axis; a point each centimetre."""
    v, u = np.mgrid[:height, :width] * 0.01
    return np.stack([u, v, np.full_like(u, z)], axis=-1).astype(np.float32)


def table_with_block():
    cloud = grid(40, 50)
    cloud[10:13, 20:23, 2] -= 0.03
    return cloud


def test_the_network_is_shown_what_was_measured_in_the_workspace(around):
    cloud = grid()
    cloud[0, 0], cloud[0, 1], cloud[0, 2] = 0, np.nan, [0, np.inf, 1]
    cloud[1, :, 2] = 0.2
    cloud[2, :, 2] = 0.9
    seen = shown(of_optical_cloud(cloud), min_depth=0.3, max_depth=0.8, max_x=0.035)
    np.testing.assert_array_equal(seen, np.concatenate([cloud[0, 3:4], cloud[3, :4]]))
    beside = np.concatenate([cloud[0, 3:], cloud[3]])  # not to be grasped, but in the way
    np.testing.assert_array_equal(around[0], beside)


def test_without_a_mask_the_box_around_what_rises_over_the_support_plane_is_seen(around):
    seen = shown(of_optical_cloud(table_with_block()))
    low, high = seen.min(axis=0), seen.max(axis=0)
    np.testing.assert_allclose([low, high], [[0.19, 0.09, 0.47], [0.23, 0.13, 0.47]], atol=0.0101)
    assert len(seen) < 50
    low, high = around[0].min(axis=0), around[0].max(axis=0)
    np.testing.assert_allclose([low, high], [[0.09, 0, 0.47], [0.33, 0.23, 0.5]], atol=0.0101)
    nothing = planner().plan(of_optical_cloud(grid(40, 50)))
    assert nothing.status is PlanStatus.NO_OBJECT
    assert 'only the support plane was seen' in nothing.message


def test_where_there_is_no_support_everything_is_an_object():
    assert len(shown(of_optical_cloud(table_with_block()), support='none')) == 2000


def test_a_prepared_cloud_is_shown_as_it_is(around):
    points = np.random.default_rng(0).uniform(0.2, 0.6, (5000, 3)).astype(np.float32)
    asked = planner()
    asked.plan_points(points)
    np.testing.assert_array_equal(asked._candidates._network.seen, points)
    np.testing.assert_array_equal(around[0], points)


def test_a_cloud_of_a_robot_is_shown_as_its_camera_would_see_it():
    """The block lies 0.6 m before a camera that looks straight down at it."""
    points = table_with_block().reshape(-1, 3) * [1, -1, -1] + [0, 0, 0.5]
    seen = shown(of_cloud(points, up=np.array([0, 0, 1.0])))
    assert len(seen) < 50
    assert seen[:, 2].min() == pytest.approx(0.6, abs=0.01)
    spans = sorted(np.ptp(seen, axis=0))
    np.testing.assert_allclose(spans, [0, 0.02, 0.02], atol=0.0205)


@pytest.mark.parametrize('kind', [np.float32, np.float64])
def test_a_mask_keeps_the_box_around_what_it_shows(kind):
    cloud = grid(10, 10).astype(kind)
    mask = np.zeros((10, 10), bool)
    mask[0, 0] = mask[1, 1] = True
    seen = shown(of_optical_cloud(cloud, mask))
    np.testing.assert_allclose(seen.max(axis=0), [0.02, 0.02, 0.5])
    assert len(seen) == 9
    flat = shown(of_optical_cloud(cloud.reshape(-1, 3), mask.ravel()))
    np.testing.assert_array_equal(flat, seen)
    labels = shown(of_optical_cloud(cloud, labels=3 * mask.astype(int)))
    np.testing.assert_array_equal(labels, seen)


def test_an_empty_answer_tells_nothing_measured_from_no_object():
    cloud = grid()
    nothing = np.zeros((4, 5), bool)
    unseen = cloud.copy()
    unseen[2, 2] = np.nan
    only_unseen = nothing.copy()
    only_unseen[2, 2] = True
    near = planner(min_depth=1.0)
    statuses = [
        planner().plan(of_optical_cloud(cloud, nothing)).status,
        planner().plan(of_optical_cloud(unseen, only_unseen)).status,
        near.plan(of_optical_cloud(cloud)).status,
        near.plan(of_optical_cloud(cloud, ~nothing)).status,
        planner().plan(of_optical_cloud(np.full_like(cloud, np.nan))).status,
        planner().plan(of_optical_cloud(np.zeros((0, 3), np.float32))).status,
    ]
    assert statuses == [PlanStatus.NO_OBJECT] + [PlanStatus.NO_DEPTH] * 5


@pytest.mark.parametrize(
    ('cloud', 'said'),
    [
        (1000 * grid(), 'is it in millimetres'),
        (grid(z=-0.5), '20 of 20 points have z <= 0 or are far aside, expected an optical frame'),
        (grid()[..., :2], r'shape \(4, 5, 2\)'),
        (grid().astype(complex), 'complex128, expected real numbers'),
    ],
)
def test_clouds_that_cannot_be_used_are_named(cloud, said):
    with pytest.raises(ValueError, match=said):
        planner().plan(of_optical_cloud(cloud))


def test_what_was_measured_is_told_point_by_point():
    cloud = np.array([[[0, 0, 0], [0, 0, 1]], [[np.nan, 0, 1], [np.inf, 0, 0]]])
    np.testing.assert_array_equal(measured(cloud), [[False, True], [False, False]])
    assert measured(np.array([[0, 0, 3]], np.int16)).tolist() == [True]


def test_a_cloud_in_the_frame_of_a_base_is_not_taken_for_an_optical_one():
    rng = np.random.default_rng(0)
    table = np.column_stack([rng.uniform(0.4, 0.7, 500), rng.uniform(-0.2, 0.2, 500)])
    cloud = np.column_stack([table, rng.uniform(0.0, 0.05, 500)]).astype(np.float32)
    with pytest.raises(ValueError, match='far aside, expected an optical frame'):
        segment_scene(of_optical_cloud(cloud), PlannerSettings())
    assert segment_scene(of_cloud(cloud, np.array([0.0, 0, 1])), PlannerSettings()).seen
