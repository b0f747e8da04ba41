"""Pictures and tables: what is drawn lies where the camera would see it."""

from dataclasses import replace

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.geometry.transform import frames_along, pose_matrix
from dexnet_core.io.drawing.grasp_table import grasp_table
from dexnet_core.io.drawing.marks import Canvas, draw_grasp
from dexnet_core.io.drawing.overlay import draw_plan
from dexnet_core.io.drawing.tiles import INK, tiled
from dexnet_core.planning.grasp import Grasp, GraspPlan, GripperKind, PlanStatus, StageTimes
from dexnet_core.planning.grippers.jaw import JawGripper
import numpy as np
import pytest

CAMERA = CameraIntrinsics(320, 240, 400.0, 400.0, 160.0, 120.0)
COLOUR = (10, 200, 250)
JAW = JawGripper()


def jaw_grasp(angle=0.0, width=0.06, position=(0.02, -0.03, 0.5), score=0.5):
    """A jaw straight down that closes at an angle from +u towards +v."""
    closing = np.array([np.cos(angle), np.sin(angle), 0.0])
    down = np.array([0.0, 0.0, 1.0])
    rotation = np.column_stack([closing, np.cross(down, closing), down])
    contacts = np.array(position) + np.outer([-1, 1], 0.02 * closing)
    pose = pose_matrix(np.array(position), rotation)
    normals = np.stack([-closing, closing])
    return Grasp(GripperKind.PARALLEL_JAW, pose, score, (0.0, 0.0), contacts, normals, width=width)


def suction_grasp(approach=(0.0, 0.0, 1.0), position=(0.0, 0.0, 0.5)):
    pose = pose_matrix(np.array(position), frames_along(np.array(approach)))
    contacts, normals = np.array([position]), -np.array([approach])
    return Grasp(GripperKind.SUCTION, pose, 0.5, (0.0, 0.0), contacts, normals, cup_radius=0.01)


def drawn(grasp, factor=2.0):
    """The picture of one grasp on white, and where a label belongs."""
    shape = (round(CAMERA.height * factor), round(CAMERA.width * factor), 3)
    picture = np.full(shape, 255, np.uint8)
    place = draw_grasp(Canvas(picture, CAMERA, factor), grasp, COLOUR)
    return picture, place


def in_grasp(grasp, factor=2.0):
    """(H', W') x and y in the grasp's frame of the points at its depth that pixels see."""
    v, u = np.mgrid[: CAMERA.height * factor, : CAMERA.width * factor]
    u, v = (u + 0.5) / factor - 0.5, (v + 0.5) / factor - 0.5
    z = grasp.position[2]
    x, y = (u - CAMERA.cx) * z / CAMERA.fx, (v - CAMERA.cy) * z / CAMERA.fy
    offset = np.stack([x, y], axis=-1) - grasp.position[:2]
    return np.moveaxis(offset @ grasp.T_camera_grasp[:2, :2], -1, 0)


@pytest.mark.parametrize('angle', [0.0, 0.5, 1.5, 2.8])
def test_fingertips_are_filled_where_the_fingers_stand_and_nothing_else_is_touched(angle):
    grasp = jaw_grasp(angle)
    picture, _ = drawn(grasp)
    x, y = in_grasp(grasp)
    edge = 0.003  # metres that the outlines take
    beyond = np.abs(x) - grasp.width / 2
    inside = (beyond > edge) & (beyond < JAW.finger_thickness - edge)
    inside &= np.abs(y) < JAW.finger_width / 2 - edge
    assert inside.sum() > 100
    assert (picture[inside] == COLOUR).all()
    near = (beyond > -edge) & (beyond < JAW.finger_thickness + edge)
    near &= np.abs(y) < JAW.finger_width / 2 + edge
    between = (beyond < edge) & (np.abs(y) < 0.0045)
    assert (picture[~near & ~between] == 255).all()


def test_a_jaw_far_away_is_drawn_smaller():
    near, far = (
        (drawn(jaw_grasp(position=(0.0, 0.0, z)))[0] != 255).any(axis=2).sum() for z in (0.4, 0.8)
    )
    assert 2.5 < near / far < 4.0


def test_the_line_and_the_contacts_are_drawn_between_the_fingers():
    grasp = jaw_grasp()
    picture, _ = drawn(grasp)
    x, y = in_grasp(grasp)
    on_line = (np.abs(y) < 0.001) & (np.abs(x) < 0.015)
    columns = on_line.any(axis=0)
    assert columns.sum() > 40
    assert ((picture == COLOUR).all(axis=2) & on_line).any(axis=0)[columns].all()
    for side in (-0.02, 0.02):
        dot = np.hypot(x - side, y) < 0.001
        beside = np.hypot(x - side - 0.006, y) < 0.003
        across = dot & (np.abs(y) > 0.0005)
        assert across.any()
        assert (picture[across] == COLOUR).all()
        assert (picture[beside & (np.abs(y) > 0.0025)] == 255).all()


def test_a_label_belongs_right_below_the_right_fingertip():
    for angle in (0.3, 2.8):
        grasp = jaw_grasp(angle)
        picture, (u, v) = drawn(grasp)
        assert (picture[:, u + 4 :] == 255).all()
        x, _ = in_grasp(grasp)
        right = np.sign(np.cos(angle))
        mine = (picture != 255).any(axis=2) & (right * x > grasp.width / 2)
        assert abs(np.nonzero(mine)[0].max() - v) <= 3


def test_a_cup_is_drawn_as_its_rim_with_an_arrow_that_ends_in_it():
    upright, tilted = suction_grasp(), suction_grasp(approach=(0.6, 0.0, 0.8))
    rim, arrow = ((drawn(grasp)[0] != 255).any(axis=2) for grasp in (upright, tilted))
    radius = np.hypot(*in_grasp(upright))
    assert rim[np.abs(radius - upright.cup_radius) < 0.0003].all()
    tail = CAMERA.cx - 0.036 * CAMERA.fx / (0.5 - 0.048)  # 6 cm against the approach
    assert abs(np.nonzero(arrow)[1].min() - 2 * tail) < 5


def tilted_grasp(tilt=1.0, **options):
    """A jaw that comes from the left, turned about the camera's y."""
    grasp = jaw_grasp(np.pi / 2, **options)
    turn = np.eye(4)
    c, s = np.cos(tilt), np.sin(tilt)
    turn[:3, :3] = [[c, 0, s], [0, 1, 0], [-s, 0, c]]
    pose = grasp.T_camera_grasp.copy()
    pose[:3, :3] = turn[:3, :3] @ pose[:3, :3]
    return replace(grasp, T_camera_grasp=pose)


def test_a_jaw_that_comes_from_the_side_is_drawn_as_a_fork():
    grasp = tilted_grasp()
    picture, (u, v) = drawn(grasp)
    inked = (picture == COLOUR).all(axis=2)
    back = JAW.finger_length
    local = np.array([[x, 0, z, 1] for x in (-0.03, 0.03) for z in (0, -back / 2, -back)])
    for x, y, z, _ in np.vstack([local, [[0, 0, -back, 1], [0, 0, -back - 0.03, 1]]]) @ (
        grasp.T_camera_grasp.T
    ):
        column, row = (CAMERA.fx * x / z + CAMERA.cx, CAMERA.fy * y / z + CAMERA.cy)
        assert inked[round(2 * row + 0.5), round(2 * column + 0.5)]
    assert u == pytest.approx(2 * column + 0.5, abs=1)
    assert v == pytest.approx(2 * row + 0.5, abs=1)
    middle = round(2 * (CAMERA.fy * -0.03 / 0.5 + CAMERA.cy) + 0.5)
    between = round(2 * (CAMERA.fx * 0.02 / 0.5 + CAMERA.cx) + 0.5)
    assert (picture[middle - 20 : middle + 20, between - 5 : between + 5] == 255).all()


def test_a_plan_without_heat_map_has_no_scale_of_one():
    depth = np.full(CAMERA.shape, 0.5, np.float32)
    plan = plan_of(tilted_grasp())
    without = draw_plan(depth, CAMERA, replace(plan, heatmap=np.empty((0, 0), np.float32)))
    unheated = draw_plan(depth, CAMERA, plan)
    np.testing.assert_array_equal(without, unheated)
    heatmap = np.full(CAMERA.shape, 0.5, np.float32)
    heated = draw_plan(depth, CAMERA, replace(plan, heatmap=heatmap))
    legend = slice(960, None)
    assert (heated[legend, 60:220] != without[legend, 60:220]).any()


def plan_of(*grasps):
    heatmap = np.full(CAMERA.shape, np.nan, np.float32)
    return GraspPlan(grasps, PlanStatus.OK, '', heatmap, 'model 1', StageTimes(network=1.0))


def test_the_best_grasp_is_white_and_lies_over_the_others():
    depth = np.full(CAMERA.shape, 0.5, np.float32)
    best, other = jaw_grasp(score=0.9), jaw_grasp(score=0.4)
    picture = draw_plan(depth, CAMERA, plan_of(best, other))
    x, y = in_grasp(best, factor=4.0)
    tip = (np.abs(np.abs(x) - best.width / 2 - 0.006) < 0.002) & (np.abs(y) < 0.005)
    assert (picture[:960][tip] == 255).all()


def test_grasps_next_to_the_camera_and_out_of_its_sight_can_be_drawn():
    depth = np.full(CAMERA.shape, 0.5, np.float32)
    places = ((0.0, 0.02), (5.0, 0.3), (-90.0, 0.5))
    odd = [kind(position=(x, 0.0, z)) for kind in (jaw_grasp, tilted_grasp) for x, z in places]
    assert draw_plan(depth, CAMERA, plan_of(*odd)).shape[1] == 1280


def test_a_table_says_for_a_jaw_where_it_closes_and_how_far_it_opens():
    head, first, second = grasp_table([jaw_grasp(np.pi / 2), jaw_grasp(width=0.0315)]).split('\n')
    assert head.split()[-4:] == ['y', 'z', 'opening', '(mm)']
    assert first.split()[2:] == [
        *('+0.0200', '-0.0300', '+0.5000'),
        *('+0.000', '+0.000', '+1.000'),
        *('+0.000', '+1.000', '+0.000'),
        '60.0',
    ]
    assert second.split()[-1] == '31.5'


def test_a_table_of_cups_has_neither():
    grasp = replace(suction_grasp(), score=0.25)
    head, row = grasp_table([grasp]).split('\n')
    assert 'opening' not in head
    assert row.split()[:2] == ['1', '0.250']
    assert len(row.split()) == 8


def test_tiles_of_any_height_are_in_rows_with_dark_between():
    tiles = [np.full((height, 5, 3), k + 100, np.uint8) for k, height in enumerate((3, 4, 2))]
    sheet = tiled(tiles, 2)
    assert sheet.shape == (8, 10, 3)
    for tile, (y, x) in zip(tiles, ((0, 0), (0, 5), (4, 0)), strict=True):
        part = sheet[y : y + 4, x : x + 5]
        assert (part[: len(tile)] == tile).all()
        assert (part[len(tile) :] == INK).all()
    assert (sheet[4:, 5:] == INK).all()
