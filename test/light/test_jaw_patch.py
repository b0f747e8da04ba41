"""A patch shows the same shapes in the same place, however jaw and shapes are turned together."""

from dataclasses import replace

from dexnet_core.planning.contracts.evaluator_contracts import CONTEXT, JawEvaluatorContract
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.perception.height_map import FAR, HeightMap
from dexnet_core.planning.perception.jaw_patch import (
    CHANNELS,
    jaw_context,
    jaw_patches,
    JawPlaces,
)
import numpy as np
import pytest

CONTRACT = JawEvaluatorContract('net', '1', 'parallel_jaw')
FINE, COARSE, KNOWN, JAW = range(CHANNELS)
TABLE, PADS = 0.70, 0.68


def wedge(angle: float) -> HeightMap:
    """A ridge along the closing direction `angle`, higher on one side, on a table; 0 to 200 mm."""
    side = np.arange(0.0, 0.2, 0.002)
    x, y = np.meshgrid(side - 0.1, side - 0.1)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    on = (np.abs(across) < 0.0151) & (np.abs(along) < 0.0251)
    depth = np.where(on, 0.67 - 0.2 * along, TABLE)
    return HeightMap(depth.astype(np.float32), (0.0, 0.0), 0.002)


def jaw(angle: float, opening: float = 0.06, x: float = 0.1) -> JawPlaces:
    return JawPlaces(np.array([[x, 0.1, PADS]]), np.array([angle]), np.array([opening]))


@pytest.fixture(scope='module')
def patch():
    return jaw_patches(wedge(0.0), jaw(0.0), CONTRACT)[0]


def test_relief_counts_from_the_pads_in_units_of_the_contract(patch):
    middle = patch[:, CONTRACT.rows // 2, CONTRACT.columns // 2]
    assert middle[FINE] == pytest.approx((PADS - 0.67) / CONTRACT.fine_relief, abs=0.05)
    assert middle[COARSE] == pytest.approx((PADS - 0.67) / CONTRACT.coarse_relief, abs=0.02)
    corner = patch[:, 0, 0]
    assert corner[FINE] == pytest.approx(-2.0, abs=1e-4)  # the table, 20 mm below the pads
    assert (patch[KNOWN] == 1).all()


def test_columns_run_along_the_closing_direction(patch):
    row = patch[FINE, CONTRACT.rows // 2]
    middle = CONTRACT.columns // 2
    assert row[middle + 10] - row[middle - 10] == pytest.approx(0.2 * 0.04 / 0.01, abs=0.1)
    assert (row[[4, -5]] < -1.9).all()


@pytest.mark.parametrize('angle', [0.4, np.pi / 2, 2.5])
def test_turning_jaw_and_world_together_changes_nothing(patch, angle):
    turned = jaw_patches(wedge(angle), jaw(angle), CONTRACT)[0]
    same = np.isclose(turned, patch, atol=0.11).all(axis=0)
    assert same.mean() > 0.93  # but for cells on the rim


def test_turned_by_half_a_turn_it_is_seen_from_the_other_side(patch):
    other = jaw_patches(wedge(0.0), jaw(np.pi), CONTRACT)[0]
    assert np.isclose(other, patch[:, ::-1, ::-1], atol=0.11).all(axis=0).mean() > 0.93


def test_fingers_are_drawn_where_they_come_down(patch):
    row = patch[JAW, CONTRACT.rows // 2]
    along = (np.arange(CONTRACT.columns) - (CONTRACT.columns - 1) / 2) * CONTRACT.step
    thickness = CONTRACT.jaw.finger_thickness
    np.testing.assert_array_equal(row == -0.5, np.abs(along) < 0.03)
    under = (np.abs(along) >= 0.03) & (np.abs(along) <= 0.03 + thickness)
    np.testing.assert_array_equal(row == 1, under)
    assert (patch[JAW, 0] == 0).all()


def test_what_is_not_known_is_flat_and_said_to_be_unknown():
    heights = wedge(0.0)
    heights.depth[:, 50:] = FAR
    patch = jaw_patches(heights, jaw(0.0), CONTRACT)[0]
    unknown = patch[KNOWN] == 0
    assert unknown[:, -20:].all()
    assert not unknown[:, :20].any()
    assert (patch[FINE][unknown] == 0).all()
    beyond = jaw_patches(wedge(0.0), jaw(0.0, x=1.0), CONTRACT)[0]
    assert (beyond[[FINE, COARSE, KNOWN]] == 0).all()


def test_walls_are_as_high_as_can_be():
    heights = wedge(0.0)
    heights.depth[:] = 0
    patch = jaw_patches(heights, jaw(0.0), CONTRACT)[0]
    assert (patch[FINE] == 2.5).all()
    assert (patch[COARSE] == 2).all()


def test_no_jaws_no_patches():
    none = JawPlaces(np.zeros((0, 3)), np.zeros(0), np.zeros(0))
    shape = (0, CHANNELS, CONTRACT.rows, CONTRACT.columns)
    assert jaw_patches(wedge(0.0), none, CONTRACT).shape == shape


def test_gravity_is_told_in_the_frame_of_the_grasp():
    contract = replace(CONTRACT, context=CONTEXT)
    places = JawPlaces(np.zeros((3, 3)), np.array([0.0, np.pi / 2, 2.2]), np.full(3, 0.05))
    down, scores = np.array([0.6, 0.0, 0.8]), np.array([0.1, 0.2, 0.3])
    told = jaw_context(places, scores, down, contract)
    np.testing.assert_allclose(told[:2], [[0.1, 0.6, 0, 0.8], [0.2, 0, -0.6, 0.8]], atol=1e-6)
    assert jaw_context(places, scores, down, CONTRACT).tolist() == told[:, :1].tolist()


def test_a_jaw_twice_as_large_in_a_world_twice_as_large_sees_the_same(patch):
    heights = wedge(0.0)
    twice = HeightMap(2 * heights.depth, (0.0, 0.0), 2 * heights.step)
    sizes = {'max_opening': 0.17, 'finger_width': 0.04, 'finger_thickness': 0.024}
    contract = CONTRACT.scaled(replace(JawGripper(), **sizes))
    places = JawPlaces(*(2 * values for values in jaw(0.0)))
    np.testing.assert_allclose(jaw_patches(twice, places, contract)[0], patch, atol=0.01)
