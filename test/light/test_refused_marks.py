"""Refused candidates in pictures: a mark for each reason, where a camera would see the place."""

import itertools

from box_scene import saved_box
import cv2
from dexnet_core.cli.main import main
from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.io.drawing.cloud_picture import draw_seen
from dexnet_core.io.drawing.overlay import draw_plan
from dexnet_core.io.drawing.refused import counted, mark_of
from dexnet_core.planning.grasp import GraspPlan, PlanStatus, RefusedPlaces
from dexnet_core.planning.observation import of_cloud
from dexnet_core.planning.planners import (
    failed_places,
    graspnet_planner,
    jaw_finder,
    refusals,
    suction_finder,
)
import numpy as np
import pytest

CAMERA = CameraIntrinsics(320, 240, 400.0, 400.0, 160.0, 120.0)
DEPTH = np.full(CAMERA.shape, 0.5, np.float32)
FACTOR = 4  # of the picture, which is 1280 wide
REASONS = {
    *(failed_places.AVOIDED, jaw_finder.NO_ROOM),
    *(graspnet_planner.STEEP, graspnet_planner.TOO_WIDE, graspnet_planner.NO_ROOM),
    *(refusals.LOW_SCORE, refusals.NOT_EVALUATED, refusals.REPEATED, refusals.BEYOND_MOST),
    *(suction_finder.STEEP, suction_finder.NOT_FLAT, suction_finder.NOT_SEEN),
    suction_finder.NO_ROOM,
}


def plan_with(*told, **refused):
    """A plan without grasps, with (reason, x, y, z) of what was refused."""
    points = np.array([place for _, *place in told], np.float32).reshape(-1, 3)
    reasons = np.array([reason for reason, *_ in told], np.str_)
    places = RefusedPlaces(points, reasons, np.zeros(len(told), np.float32))
    none = np.empty((0, 0), np.float32)
    return GraspPlan(
        (), PlanStatus.NO_ROOM, 'none', none, 'model', refused=refused, refused_places=places
    )


def test_reasons_of_the_planners_have_marks_of_their_own():
    marks = [mark_of(reason) for reason in REASONS]
    assert len(set(marks)) == len(REASONS)
    assert mark_of('of another planner') not in marks
    for one, other in itertools.combinations(marks, 2):
        if one.shape == other.shape:
            assert np.abs(np.subtract(one.colour, other.colour)).max() > 50


def test_a_mark_is_where_the_camera_sees_the_place_and_only_if_it_is_asked_for():
    plan = plan_with(('no room', 0.05, -0.025, 0.5), ('steep', -0.05, 0.025, 0.5))
    plain, marked = (draw_plan(DEPTH, CAMERA, plan, refused=r) for r in (False, True))
    pictured = FACTOR * CAMERA.height
    changed = (plain[:pictured] != marked[:pictured]).any(axis=2)
    for reason, u, v in (('no room', 200, 100), ('steep', 120, 140)):
        row, column = FACTOR * v + 2, FACTOR * u + 2
        np.testing.assert_allclose(marked[row, column], mark_of(reason).colour[::-1], atol=25)
        changed[row - 8 : row + 9, column - 8 : column + 9] = False
    assert not changed.any()


def test_the_legend_names_each_reason_with_its_mark_below_the_picture():
    plan = plan_with(('no room', 0, 0, 0.5), ('odd', 0.1, 0, 0.5))
    plain, marked = (draw_plan(DEPTH, CAMERA, plan, refused=r) for r in (False, True))
    legend = marked[len(plain) :].reshape(-1, 3).astype(int)
    assert len(legend)
    for reason in ('no room', 'odd'):
        colour = np.array(mark_of(reason).colour[::-1])
        assert (np.abs(legend - colour).max(axis=1) < 25).any()
    many = plan_with(*[(f'a reason of another planner {k}', 0, 0, 0.5) for k in range(12)])
    assert len(draw_plan(DEPTH, CAMERA, many, refused=True)) > len(marked)


def test_what_is_counted_says_how_many_of_all_have_places():
    places = plan_with(('no room', 0, 0, 0.5), ('low score', 0, 0, 0.5)).refused_places
    texts = [one.text for one in counted(places, {'no room': 7, 'low score': 1, 'steep': 3})]
    assert texts == ['low score 1', 'no room 1 of 7']


def test_places_beside_and_behind_the_camera_do_no_harm():
    plan = plan_with(('steep', 0, 0, -0.5), ('steep', 0, 0, 0), ('steep', 9, 0, 0.1))
    picture = draw_plan(DEPTH, CAMERA, plan, refused=True)
    plain = draw_plan(DEPTH, CAMERA, plan)
    assert (picture[: FACTOR * CAMERA.height] == plain[: FACTOR * CAMERA.height]).all()


def test_places_on_a_cloud_are_marked_from_where_it_is_shown():
    side = np.linspace(-0.1, 0.1, 60)
    points = np.stack(np.meshgrid(side, side, [0.3]), axis=-1).reshape(-1, 3)
    cloud = of_cloud(points.astype(np.float32), np.array([0, 0, 1.0]))
    plan = plan_with(('no room', *np.median(points, axis=0)))  # what the picture is aimed at
    plain, marked = (draw_seen(cloud, plan, refused=r) for r in (False, True))
    row, column = np.nonzero((marked[: len(plain)] != plain).any(axis=2))
    assert np.ptp(row) < 20
    assert np.ptp(column) < 20
    shown = marked[round(row.mean()), round(column.mean())]
    np.testing.assert_allclose(shown, mark_of('no room').colour[::-1], atol=25)


# --- the command


@pytest.fixture
def command(tmp_path):
    """Options that plan for a cup on a box on a table."""
    words = saved_box(tmp_path, slice(70, 150), slice(100, 200), 0.65)
    return ['plan', 'suction', *words, '--out']


def test_plan_marks_what_was_refused_if_it_is_asked_to(command, tmp_path):
    assert main([*command, str(tmp_path / 'plain')]) == 0
    assert main([*command, str(tmp_path / 'marked'), '--refused']) == 0
    plain, marked = (
        cv2.imread(str(tmp_path / name / 'overlay.png')) for name in ('plain', 'marked')
    )
    assert len(marked) > len(plain)
    pictured = FACTOR * 240
    row, column = np.nonzero((plain[:pictured] != marked[:pictured]).any(axis=2))
    assert len(row)
    assert (row > FACTOR * 70 - 10).all()  # half a mark beside the box
    assert (row < FACTOR * 150 + 10).all()
    assert (column > FACTOR * 100 - 10).all()
    assert (column < FACTOR * 200 + 10).all()


def test_what_refuses_nothing_cannot_show_it(command, tmp_path, capsys):
    words = [command[0], 'graspnet', *command[2:], str(tmp_path / 'out'), '--raw', '--refused']
    assert main(words) == 2
    assert '--raw refuses no grasp' in capsys.readouterr().err
    assert not (tmp_path / 'out').exists()
