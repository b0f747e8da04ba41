"""What the suction planner promises with an evaluator, with stand-ins for both networks."""

from collections import Counter
from dataclasses import replace
import itertools
import shutil

import box_scene
from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.geometry.transform import transform_points
from dexnet_core.planning.contracts.evaluator_contracts import CupEvaluatorContract
from dexnet_core.planning.contracts.view_contract import ModelContract
from dexnet_core.planning.grasp import PlanStatus
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.networks.model_file import shipped_jaw
from dexnet_core.planning.observation import of_image
from dexnet_core.planning.perception.cup_patch import CHANNELS
from dexnet_core.planning.planners import suction_finder
from dexnet_core.planning.planners.failed_places import AVOIDED
from dexnet_core.planning.planners.loading import load_suction_planner
from dexnet_core.planning.planners.planner import ViewPlanner
from dexnet_core.planning.planners.refusals import LOW_SCORE
from dexnet_core.planning.planners.request import move_plan
from dexnet_core.planning.planners.scorer import ViewScorer
from dexnet_core.planning.planners.settings import SuctionSettings
from dexnet_core.planning.planners.suction_finder import NO_ROOM, NOT_SEEN, SuctionFinder
import numpy as np
import pytest

CAMERA = CameraIntrinsics(320, 240, 300.0, 300.0, 159.5, 119.5)


class Pessimist:
    """A network to which no place is good, this one a little less than that."""

    contract = ModelContract('stand-in', '1', 'suction')

    def run(self, view):
        shape = 1, view.shape[2] // 2, view.shape[3] // 2
        return np.random.default_rng(0).uniform(0, 0.1, shape).astype(np.float32)


class Right:
    """An evaluator that likes contacts on what has nothing to its right."""

    contract = CupEvaluatorContract('stand-in', '1', 'suction')

    def __init__(self, most=1.0):
        self.most, self.asked = most, 0

    def run(self, patches, context):
        side = self.contract.side
        assert patches.shape[1:] == (CHANNELS, side, side)
        assert context.shape == (len(patches), len(self.contract.context))
        self.asked += len(patches)
        free = (patches[:, 4, :, side // 2 :] == 0).mean(axis=(1, 2))
        return (self.most * free).astype(np.float32)


def planner(evaluator=None, cup=None, **settings):
    finder = SuctionFinder(ViewScorer(Pessimist()), cup or SuctionCup(), evaluator)
    return ViewPlanner(finder, SuctionSettings(**settings))


@pytest.fixture
def box():
    """A box 16 by 12 cm wide and 6 cm high on a table 0.7 m below the camera."""
    depth = np.full(CAMERA.shape, 0.7, np.float32)
    depth[90:146, 120:195] = 0.64
    return of_image(depth, CAMERA)


def test_the_evaluator_decides_the_order_and_the_score(box, monkeypatch):
    def once(run, patches, context, names):  # a mirror image has something else to its right
        return run(patches, context)

    monkeypatch.setattr(suction_finder, 'best_over_mirrors', once)
    assert planner().plan(box).status is PlanStatus.NO_CANDIDATE
    plan = planner(Right()).plan(box)
    scores = [grasp.score for grasp in plan.grasps]
    assert scores == sorted(scores, reverse=True)
    assert plan.grasps[0].pixel[0] > 175
    assert plan.grasps[-1].pixel[0] < plan.grasps[0].pixel[0]


def test_places_all_over_the_object_are_evaluated(box):
    evaluator = Right()
    everything = {'max_grasps': 100, 'min_score': 0.0, 'spacing': 0.008}
    grasps = planner(evaluator, **everything).plan(box).grasps
    assert 50 + 3 * 16 < evaluator.asked <= 160 + 64 + 2 * 3 * 16  # the best with mirror images
    places = np.array([grasp.position[:2] for grasp in grasps])
    for middle in itertools.product((-0.06, 0, 0.05), (-0.04, 0, 0.03)):
        assert np.linalg.norm(places - middle, axis=1).min() < 0.02


def test_what_the_evaluator_thinks_little_of_is_no_candidate(box):
    plan = planner(Right(0.1)).plan(box)
    assert plan.status is PlanStatus.NO_CANDIDATE
    assert plan.refused[LOW_SCORE] > 0


def test_the_message_names_failed_places_if_they_refuse_most(box):
    grasp = planner(Right()).plan(box).grasps[0]
    near = replace(box, avoid=grasp.position[None])
    plan = planner(Right(), avoid_radius=0.2, min_coverage=0.0, clearance=0.0).plan(near)
    assert plan.status is PlanStatus.NO_ROOM
    assert plan.refused[AVOIDED] == sum(plan.refused.values()) > 0
    count = plan.refused[AVOIDED]
    assert plan.message == (
        f'all {count} candidates are within avoid_radius 0.2 m of a failed grasp'
    )
    assert planner(Right(), avoid_radius=0.2).plan(box).status is PlanStatus.OK


def test_a_rough_surface_is_left_to_the_evaluator(box):
    on_box = box.depth < 0.68
    bumps = np.random.default_rng(0).normal(0, 0.004, CAMERA.shape) * on_box
    rough = replace(box, depth=(box.depth + bumps).astype(np.float32), mask=on_box)
    assert planner(min_score=0.0).plan(rough).status is PlanStatus.NO_ROOM
    assert planner(Right()).plan(rough).status is PlanStatus.OK


def test_grasps_say_the_radius_of_the_robots_cup(box):
    cup = SuctionCup(radius=0.012, body_radius=0.013)
    assert {g.cup_radius for g in planner(Right(), cup).plan(box).grasps} == {0.012}


@pytest.fixture
def bar_beside_wall():
    depth = np.full(CAMERA.shape, 0.7, np.float32)
    depth[90:146, 140:150] = 0.64  # a bar 21 mm wide
    depth[90:146, 163:200] = 0.60  # a wall 26 mm beside it
    return of_image(depth, CAMERA, mask=depth == np.float32(0.64))


def test_a_body_that_is_wider_than_the_cup_needs_room_too(bar_beside_wall):
    settings = {'min_score': 0.0, 'min_coverage': 0.5}
    assert planner(**settings).plan(bar_beside_wall).status is PlanStatus.OK
    wide = SuctionCup(body_radius=0.045)
    assert planner(cup=wide, **settings).plan(bar_beside_wall).status is PlanStatus.NO_ROOM


def test_a_cup_at_the_edge_of_a_box_is_refused_there(box):
    plan = planner(Right(), min_coverage=0.95).with_refused_places().plan(box)
    places = plan.refused_places
    assert Counter(places.reasons.tolist()) == +plan.refused
    assert (np.diff(places.scores) <= 0).all()
    low, high = np.array([-0.0843, -0.0629]), np.array([0.0757, 0.0565])  # of the box's top
    edge = places.points[places.reasons == NOT_SEEN]
    assert len(edge)
    assert edge[:, 2] == pytest.approx(0.64, abs=1e-3)
    inside = np.minimum(edge[:, :2] - low, high - edge[:, :2]).min(axis=1)
    assert (inside > -0.001).all()
    assert (inside < SuctionCup().radius).all()
    middle = places.points[places.reasons == LOW_SCORE, :2]
    assert ((middle > low) & (middle < high)).all()


def test_a_wall_beside_the_cup_is_a_place_without_room(bar_beside_wall):
    wide = planner(cup=SuctionCup(body_radius=0.045), min_score=0.0, min_coverage=0.5)
    places = wide.with_refused_places().plan(bar_beside_wall).refused_places
    roomless = places.points[places.reasons == NO_ROOM]
    assert len(roomless)
    assert (np.abs(roomless[:, 0] + 0.031) < 0.012).all()  # on the bar
    assert roomless[:, 2] == pytest.approx(0.64, abs=1e-3)


def test_places_are_told_in_the_frame_of_the_camera_whatever_the_view():
    """The box is seen from the side, and planned on along gravity."""
    T_world_camera = box_scene.camera_at(0.7)
    up = box_scene.up_in(T_world_camera)
    seen = of_image(box_scene.seen_from(T_world_camera), box_scene.CAMERA, up=up)
    asked = planner(min_coverage=1.0, min_score=0.0, approach='down').with_refused_places()
    plan = asked.plan(seen)
    moved = move_plan(plan, T_world_camera).refused_places.points
    points = transform_points(T_world_camera, plan.refused_places.points)
    np.testing.assert_allclose(moved, points, atol=1e-6)
    assert (np.abs(points[:, :2]) < [0.034, 0.024]).all()
    assert ((points[:, 2] > -0.002) & (points[:, 2] < 0.053)).all()
    assert (points[:, 2] > 0.047).any()


def test_a_folder_lacking_its_evaluator_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'proposals\.onnx'):
        load_suction_planner(tmp_path)
    shutil.copy(shipped_jaw() / 'proposals.onnx', tmp_path)
    with pytest.raises(ValueError, match='is for gripper parallel_jaw, expected suction'):
        load_suction_planner(tmp_path)
