"""Objects of a label image are chosen by their numbers, and their plans become one."""

from dataclasses import replace

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.planning.grasp import (
    Grasp,
    GraspPlan,
    GripperKind,
    PlanStatus,
    RefusedPlaces,
    StageTimes,
)
from dexnet_core.planning.observation import of_image
from dexnet_core.planning.planners.object_plans import chosen_labels, joined, of_labels
import numpy as np
import pytest

LABELS = np.array([[0, 3, 3], [7, 7, 0]], np.int32)
DEPTH = np.ones(LABELS.shape, np.float32)
CAMERA = CameraIntrinsics(3, 2, 5.0, 5.0, 1.0, 0.5)
SEEN = of_image(DEPTH, CAMERA, labels=LABELS)
EMPTY = np.empty((0, 0), np.float32)


def plan(*scores: float, status: PlanStatus = PlanStatus.OK) -> GraspPlan:
    grasps = tuple(
        Grasp(GripperKind.SUCTION, np.eye(4), s, (0.0, 0.0), np.zeros((1, 3)), np.zeros((1, 3)))
        for s in scores
    )
    return GraspPlan(grasps, status, 'why', EMPTY, 'net', StageTimes(network=2.0), {'steep': 3})


@pytest.mark.parametrize(('wanted', 'chosen'), [((), (3, 7)), ((7,), (7,)), ((7, 3, 7), (3, 7))])
def test_labels_are_chosen(wanted, chosen):
    assert chosen_labels(SEEN, wanted) == chosen


def test_what_is_not_there_is_named():
    with pytest.raises(ValueError, match='label 4 is not in the mask, which has 3, 7'):
        chosen_labels(SEEN, [4])
    with pytest.raises(ValueError, match='no label mask'):
        chosen_labels(of_image(DEPTH, CAMERA), [])


def test_only_the_chosen_objects_are_left():
    np.testing.assert_array_equal(of_labels(SEEN, [7]).labels, np.where(LABELS == 7, 7, 0))


def test_plans_become_one_with_the_best_first():
    both = joined([plan(0.3, 0.2), plan(0.9)], plan())
    assert [grasp.score for grasp in both.grasps] == [0.9, 0.3, 0.2]
    assert (both.status, both.times, both.refused) == (
        PlanStatus.OK,
        {'network': 4.0},
        {'steep': 6},
    )


def test_where_candidates_were_refused_is_told_for_all_objects():
    parts = [
        replace(plan(), refused_places=RefusedPlaces(np.full((1, 3), k, np.float32), *told))
        for k, told in enumerate(
            [
                (np.array(['steep']), np.array([0.1], np.float32)),
                (np.array(['no room']), np.array([0.7], np.float32)),
            ]
        )
    ]
    places = joined(parts, plan()).refused_places
    assert places.reasons.tolist() == ['no room', 'steep']
    assert places.points[:, 0].tolist() == [1, 0]


def test_without_a_grasp_the_last_reason_counts():
    none = joined([], plan(status=PlanStatus.NO_ROOM))
    assert (none.grasps, none.status, none.message) == ((), PlanStatus.NO_ROOM, 'why')
