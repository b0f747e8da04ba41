"""GraspNet's planner: filters, the robot's gripper and an evaluator, with stand-in networks."""

from dataclasses import replace
from types import SimpleNamespace

from box_scene import CAMERA, camera_at, seen_from, SMALL
from dexnet_core.geometry.camera import deproject
from dexnet_core.geometry.transform import transform_points
from dexnet_core.planning.contracts.evaluator_contracts import JawEvaluatorContract
from dexnet_core.planning.grasp import PlanStatus
from dexnet_core.planning.graspnet.approach_directions import grasp_views
from dexnet_core.planning.graspnet.constants import GraspNetConstants
from dexnet_core.planning.graspnet.decode import Heads
from dexnet_core.planning.graspnet.stages import ANGLES, GraspNetDesign
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.networks.graspnet_network import GraspNetTimes
from dexnet_core.planning.observation import of_cloud
from dexnet_core.planning.planners.graspnet_planner import (
    GraspNetPlanner,
    NO_ROOM,
    STEEP,
    TOO_WIDE,
)
from dexnet_core.planning.planners.jaw_evaluation import LEAST_PROPOSAL
from dexnet_core.planning.planners.refusals import LOW_SCORE, REPEATED
from dexnet_core.planning.planners.settings import GraspNetSettings
import numpy as np
import pytest

UP = np.array([0.0, 0.0, 1.0])
DOWN = -UP


class Pairs:
    """A network without grasps of its own, which likes all pairs of points alike."""

    name = 'pairs 1'
    design = GraspNetDesign(points=2000)
    constants = GraspNetConstants(pairs=0.5)

    def sense(self, points):
        none = np.zeros((0, 3), np.float32)
        return SimpleNamespace(
            objectness=np.zeros((0, 2)),
            views=np.zeros(0, int),
            poses=lambda seeds: (none, np.zeros((0, 3, 3), np.float32)),
        )

    def evaluate_seeds(self, sensed, places, rotations):
        heads = np.ones((len(places), len(self.design.depths), ANGLES), np.float32)
        return Heads(*[heads] * 4), GraspNetTimes()


class OnTop(Pairs):
    """A network that sees one grasp, of a width and along an approach, next to its camera."""

    constants = GraspNetConstants()

    def __init__(self, width, approach):
        self.width = width / self.constants.width_margin
        self.view = int((grasp_views() @ -np.asarray(approach)).argmax())

    def sense(self, points):
        place = points[points[:, 2].argmin()][None]
        return SimpleNamespace(
            objectness=np.array([[0.0, 1.0]]),
            views=np.array([self.view]),
            poses=lambda seeds: (place, np.eye(3, dtype=np.float32)[None]),
        )

    def evaluate_seeds(self, sensed, places, rotations):
        heads, times = super().evaluate_seeds(sensed, places, rotations)
        return heads._replace(width=self.width * heads.width), times


class Vertical:
    """An evaluator whose score is the cosine between the approach and gravity."""

    contract = JawEvaluatorContract('stand-in', '1', 'parallel_jaw', context=('score', 'down_z'))

    def __init__(self):
        self.proposed = []

    def run(self, patches, context):
        assert patches.shape[1:] == (4, self.contract.rows, self.contract.columns)
        self.proposed += context[:, 0].tolist()
        return context[:, 1]


class Unsure(Vertical):
    """An evaluator with low scores, the lowest for jaws along gravity."""

    def run(self, patches, context):
        return 0.7 - context[:, 1] / 10


def planner(evaluator=None, gripper=None, **settings):
    usual = {'min_score': 0.0, 'max_grasps': 100}
    settings = GraspNetSettings(**{**usual, **settings})
    return GraspNetPlanner(Pairs(), settings, evaluator, gripper)


def box_from(*tilts, viewpoint=True):
    """The box as cameras around it saw it, in the frame of the world."""
    poses = [camera_at(tilt, around=k * np.pi / 2) for tilt in tilts for k in range(4)]
    parts = [
        transform_points(T, deproject(seen_from(T, SMALL), CAMERA).reshape(-1, 3)) for T in poses
    ]
    points = np.concatenate(parts)
    points = points[np.abs(points).max(axis=1) < 0.15][::7]
    return of_cloud(points, UP, viewpoint=poses[0][:3, 3] if viewpoint else None)


@pytest.fixture(scope='module')
def box():
    return box_from(0.9, viewpoint=False)


def test_grasps_close_on_the_box_from_within_the_tilt(box):
    plan = planner(max_tilt=0.6).plan(box)
    assert plan.status is PlanStatus.OK
    assert (plan.approach, plan.model) == ('given', 'pairs 1')
    assert next(iter(plan.times)) == 'segment'
    for grasp in plan.grasps:
        assert grasp.approach @ DOWN >= np.cos(0.6) - 1e-6
        assert (np.abs(grasp.position[:2]) < 0.03).all()
        assert 0 < grasp.position[2] < 0.06
    assert plan.refused[REPEATED] > 0


@pytest.mark.parametrize('tilt', [0.3, 0.9])
def test_they_come_along_gravity_however_the_camera_was_tilted(tilt):
    plan = planner(max_tilt=0.3).plan(box_from(tilt, 0.9))
    assert plan.status is PlanStatus.OK
    assert max(grasp.approach @ DOWN for grasp in plan.grasps) > np.cos(0.3)


def test_the_evaluator_decides_and_is_told_where_gravity_pulls(box):
    evaluator = Vertical()
    plan = planner(evaluator, spacing=0.0).plan(box)
    scores = [grasp.score for grasp in plan.grasps]
    assert scores == sorted(scores, reverse=True)
    np.testing.assert_allclose(scores, [g.approach @ DOWN for g in plan.grasps], atol=1e-5)
    assert scores[0] == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(evaluator.proposed, LEAST_PROPOSAL, rtol=1e-6)


def test_jaws_are_fitted_along_the_approach_that_the_network_proposes(box):
    network = OnTop(0.05, (np.sin(0.5), 0, np.cos(0.5)))
    settings = GraspNetSettings(max_grasps=100, min_score=0.0, spacing=0.0)
    grasps = GraspNetPlanner(network, settings, Unsure()).plan(box).grasps
    tilts = np.arccos([grasp.approach @ DOWN for grasp in grasps])
    np.testing.assert_allclose(tilts[:10], 0.5, atol=0.1)


def test_further_approaches_are_used_if_every_good_jaw_is_at_a_failed_place(box):
    network, evaluator = OnTop(0.05, (np.sin(0.5), 0, np.cos(0.5))), Vertical()
    settings = GraspNetSettings(max_grasps=100, avoid_radius=0.08)
    asked = GraspNetPlanner(network, settings, evaluator)
    tilts = [np.arccos(grasp.approach @ DOWN) for grasp in asked.plan(box).grasps]
    assert max(tilts) < 1e-3
    along_gravity = len(evaluator.proposed)
    plan = asked.plan(replace(box, avoid=np.array([[0, 0, SMALL[2]]])))
    assert not plan.grasps
    assert len(evaluator.proposed) > 2 * along_gravity


def test_what_the_evaluator_thinks_little_of_is_no_candidate(box):
    plan = planner(Vertical(), min_score=1.5).plan(box)
    assert plan.status is PlanStatus.NO_CANDIDATE
    assert plan.refused[LOW_SCORE] > 0


def test_a_jaw_that_opens_less_takes_nothing_wider(box):
    narrow = JawGripper(max_opening=0.05)  # 25 mm and 10 mm on each side fit in
    plan = planner(gripper=narrow).plan(box)
    assert plan.grasps
    assert max(grasp.width for grasp in plan.grasps) <= 0.05
    tiny = planner(gripper=JawGripper(max_opening=0.03)).plan(box)
    assert tiny.status is not PlanStatus.OK


def test_what_is_no_object_is_in_the_way_of_fingers_that_are_too_short(box):
    """A roof 20 mm over the box, through which no jaw comes down."""
    side = np.arange(-0.15, 0.15, 0.004)
    roof = np.stack(np.meshgrid(side, side, [0.06, 0.075]), axis=-1).reshape(-1, 3)
    mask = np.repeat([True, False], [len(box.points), len(roof)])
    roofed = replace(box, points=np.concatenate([box.points, roof]), mask=mask)
    asked = planner(gripper=JawGripper(finger_length=0.06), max_tilt=0.3)
    assert asked.plan(box).status is PlanStatus.OK
    assert asked.plan(roofed).status is not PlanStatus.OK


def test_filters_are_counted_by_name(box):
    plan = planner(max_tilt=0.2).plan(box)
    assert set(plan.refused) >= {STEEP, TOO_WIDE, NO_ROOM}
    avoided = planner().plan(replace(box, avoid=np.array([[0, 0, 0.02]])))
    for grasp in avoided.grasps:
        assert np.linalg.norm(grasp.position - [0, 0, 0.02]) > 0.025


@pytest.mark.parametrize(
    ('width', 'approach', 'reason'),
    [
        (0.09, (0, 0, 1), TOO_WIDE),
        (0.05, (0, 0, -1), STEEP),
        (0.01, (0, 0, 1), NO_ROOM),  # the fingers are inside of the box
    ],
)
def test_where_a_grasp_was_refused_is_told_with_the_reason(box, width, approach, reason):
    asked = GraspNetPlanner(
        OnTop(width, approach), GraspNetSettings(), None, JawGripper(max_opening=0.06)
    )
    assert not len(asked.plan(box).refused_places.scores)
    plan = asked.with_refused_places().with_settings(GraspNetSettings(max_grasps=3)).plan(box)
    assert plan.status is PlanStatus.NO_ROOM
    places = plan.refused_places
    assert places.reasons.tolist() == [reason]
    ((x, y, z),) = places.points
    assert abs(x) < SMALL[0] / 2 + 0.002
    assert abs(y) < SMALL[1] / 2 + 0.002
    assert z == pytest.approx(SMALL[2], abs=0.002)


def test_every_grasp_of_the_network_may_be_had(box):
    assert planner().every_grasp(box).status is PlanStatus.NO_OBJECT
    empty = replace(box, mask=np.zeros(len(box.points), bool))
    assert planner().every_grasp(empty).status is PlanStatus.NO_OBJECT


def test_settings_change_and_gripper_and_evaluator_stay(box):
    changed = planner(Vertical(), JawGripper(max_opening=0.06)).with_settings(
        GraspNetSettings(max_grasps=1, min_score=0.0)
    )
    plan = changed.plan(box)
    assert len(plan.grasps) == 1
    assert changed.gripper.max_opening == 0.06
    assert plan.grasps[0].score == pytest.approx(1, abs=1e-5)


def test_the_message_says_that_every_candidate_is_near_a_failed_grasp(box):
    crowded = GraspNetSettings(min_score=0.0, avoid_radius=0.5)
    plan = planner().with_settings(crowded).plan(replace(box, avoid=np.array([[0, 0, 0.02]])))
    assert plan.status is PlanStatus.NO_ROOM
    assert 'candidates are within avoid_radius 0.5 m of a failed grasp' in plan.message
