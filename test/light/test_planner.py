"""The planner's promises, with a stand-in for the network."""

from dataclasses import replace

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.planning.contracts.view_contract import ModelContract
from dexnet_core.planning.grasp import PlanStatus
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.observation import Observation, of_image
from dexnet_core.planning.planners.failed_places import AVOIDED
from dexnet_core.planning.planners.planner import ViewPlanner
from dexnet_core.planning.planners.refusals import REPEATED
from dexnet_core.planning.planners.scorer import ViewScorer
from dexnet_core.planning.planners.settings import SuctionSettings
from dexnet_core.planning.planners.suction_finder import SuctionFinder
import numpy as np
import pytest

CAMERA = CameraIntrinsics(320, 240, 300.0, 300.0, 159.5, 119.5)


class HighestIsBest:
    """A network that likes what stands out."""

    contract = ModelContract('stand-in', '1', 'suction')

    def run(self, view):
        return np.clip(view[0, 1:2, ::2, ::2] + 0.3, 0, 1)


CUP = SuctionCup()
PLANNER = ViewPlanner(SuctionFinder(ViewScorer(HighestIsBest()), CUP), SuctionSettings())


def table_with_boxes() -> np.ndarray:
    """Two boxes, 40 and 60 mm high, on a table 0.7 m below the camera."""
    depth = np.full(CAMERA.shape, 0.7, np.float32)
    depth[60:110, 60:120] = 0.66
    depth[130:190, 180:250] = 0.64
    return depth


def boxes() -> Observation:
    return of_image(table_with_boxes(), CAMERA)


def test_grasps_are_on_top_of_the_boxes_and_look_into_them():
    plan = PLANNER.plan(boxes())
    assert plan.status is PlanStatus.OK
    assert plan.message == ''
    assert plan.grasps
    scores = [grasp.score for grasp in plan.grasps]
    assert scores == sorted(scores, reverse=True)
    for grasp in plan.grasps:
        assert min(abs(grasp.position[2] - 0.66), abs(grasp.position[2] - 0.64)) < 1e-4
        np.testing.assert_allclose(grasp.approach, [0, 0, 1], atol=1e-3)
        np.testing.assert_allclose(grasp.normals[0], -grasp.approach)
        np.testing.assert_allclose(grasp.contacts[0], grasp.position)
        assert grasp.cup_radius == CUP.radius


def test_heatmap_covers_the_objects_only():
    plan = PLANNER.plan(boxes())
    np.testing.assert_array_equal(np.isfinite(plan.heatmap), table_with_boxes() < 0.68)


def test_grasps_keep_their_distance_and_number():
    settings = SuctionSettings(max_grasps=3, spacing=0.03)
    grasps = PLANNER.with_settings(settings).plan(boxes()).grasps
    assert 1 < len(grasps) <= 3
    for k, grasp in enumerate(grasps):
        for other in grasps[:k]:
            assert np.linalg.norm(grasp.position - other.position) >= 0.03


def test_mask_restricts():
    mask = np.zeros(CAMERA.shape, bool)
    mask[60:110, 60:120] = True
    plan = PLANNER.plan(of_image(table_with_boxes(), CAMERA, mask))
    assert plan.grasps
    assert all(60 <= grasp.pixel[0] < 120 for grasp in plan.grasps)


def test_same_input_same_plan():
    first, second = (PLANNER.plan(boxes()) for _ in range(2))
    np.testing.assert_array_equal(first.heatmap, second.heatmap)
    assert [g.pixel for g in first.grasps] == [g.pixel for g in second.grasps]


@pytest.mark.parametrize(
    ('depth', 'mask', 'change', 'status'),
    [
        (0.0, None, {}, PlanStatus.NO_DEPTH),
        (9.0, None, {}, PlanStatus.NO_DEPTH),
        (0.05, None, {}, PlanStatus.NO_DEPTH),
        (0.7, None, {}, PlanStatus.NO_OBJECT),
        (0.7, False, {}, PlanStatus.NO_OBJECT),
        (9.0, True, {}, PlanStatus.NO_DEPTH),
        (0.7, True, {'max_x': -1.0}, PlanStatus.NO_DEPTH),
        (0.7, True, {'min_score': 1.0}, PlanStatus.NO_CANDIDATE),
        (0.7, True, {'min_coverage': 1.0, 'max_residual': 0.0}, PlanStatus.NO_ROOM),
    ],
)
def test_empty_answer_says_why(depth, mask, change, status):
    image = np.full(CAMERA.shape, depth, np.float32)
    given = None if mask is None else np.full(CAMERA.shape, mask)
    if status is PlanStatus.NO_ROOM:
        image += np.random.default_rng(0).normal(0, 1e-3, CAMERA.shape).astype(np.float32)
    planner = PLANNER.with_settings(replace(PLANNER.settings, **change))
    plan = planner.plan(of_image(image, CAMERA, given))
    assert plan.status is status
    assert plan.grasps == ()
    assert plan.message
    assert plan.heatmap.shape == CAMERA.shape


def test_nothing_flat_enough_is_not_answered():
    rough = table_with_boxes()
    bumps = np.random.default_rng(0).normal(0, 0.004, CAMERA.shape)
    rough += np.where(rough < 0.68, bumps, 0).astype(np.float32)
    assert PLANNER.plan(of_image(rough, CAMERA, rough < 0.68)).status is PlanStatus.NO_ROOM


def test_every_stage_is_timed_and_every_refusal_counted():
    plan = PLANNER.plan(boxes())
    assert next(iter(plan.times)) == 'segment'
    assert {'network', 'check and evaluate', 'heat map'} < set(plan.times)
    assert plan.times.total_ms == pytest.approx(sum(plan.times.values()))
    assert min(plan.times.values()) >= 0
    assert plan.refused[REPEATED] > 0


def test_the_direction_of_the_grasps_says_where_it_comes_from():
    assert PLANNER.plan(boxes()).approach == 'support plane'
    given = of_image(table_with_boxes(), CAMERA, up=np.array([0, 0, -2.0]))
    assert PLANNER.plan(given).approach == 'given'
    along = PLANNER.with_settings(SuctionSettings(approach='camera'))
    assert along.plan(given).approach == 'optical axis'


def test_no_grasp_is_offered_near_where_one_failed():
    (best, *_) = PLANNER.plan(boxes()).grasps
    plan = PLANNER.plan(replace(boxes(), avoid=best.position[None]))
    assert plan.grasps
    assert plan.refused[AVOIDED] > 0
    for grasp in plan.grasps:
        apart = np.linalg.norm(grasp.position - best.position)
        assert apart > PLANNER.settings.avoid_radius


def test_grasps_say_which_object_they_are_on():
    depth = table_with_boxes()
    labels = np.where(depth == np.float32(0.66), 7, np.where(depth == np.float32(0.64), 40, 0))
    plan = PLANNER.plan(of_image(depth, CAMERA, labels=labels))
    at = [np.round(grasp.pixel).astype(int) for grasp in plan.grasps]
    assert [grasp.object_id for grasp in plan.grasps] == [labels[v, u] for u, v in at]
    for label in (7, 40):  # the scores of both are 1, so that rounding decides which come first
        plan = PLANNER.plan(of_image(depth, CAMERA, labels=np.where(labels == label, label, 0)))
        assert {grasp.object_id for grasp in plan.grasps} == {label}
    assert {grasp.object_id for grasp in PLANNER.plan(boxes()).grasps} == {0}


@pytest.mark.parametrize('shape', [(1, 1), (7, 320), (240, 5), (33, 17)])
def test_images_of_any_size_are_answered(shape):
    camera = CameraIntrinsics(shape[1], shape[0], 300.0, 300.0, 0.0, 0.0)
    plan = PLANNER.plan(of_image(np.full(shape, 0.7, np.float32), camera))
    assert plan.heatmap.shape == shape
    assert bool(plan.grasps) == (plan.status is PlanStatus.OK)


def test_absurd_intrinsics_are_refused_before_memory_is_gone():
    camera = CameraIntrinsics(320, 240, 2.0, 2.0, 159.5, 119.5)
    with pytest.raises(ValueError, match='intrinsics'):
        PLANNER.plan(of_image(table_with_boxes(), camera, table_with_boxes() < 0.68))


@pytest.mark.parametrize(
    'change',
    [
        {'max_grasps': 0},
        {'max_grasps': 2.5},
        {'min_score': 1.1},
        {'min_score': float('nan')},
        {'spacing': '1'},
        {'max_tilt': True},
        {'min_depth': 2.0, 'max_depth': 1.0},
        {'approach': 'up'},
        {'support': True},
    ],
)
def test_settings_out_of_range_are_refused(change):
    with pytest.raises(ValueError, match=next(iter(change))):
        SuctionSettings(**change)
