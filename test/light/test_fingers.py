"""Fingers stand where there is room, and nowhere else."""

from dataclasses import replace

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.perception.fingers import find_slots
from dexnet_core.planning.perception.height_map import FAR, height_map, HeightMap
import numpy as np
import pytest

JAW = JawGripper()
TABLE, STEP = 0.7, 0.001


def bar(width: float, height: float = 0.04, angle: float = 0.0) -> HeightMap:
    """A long bar across the closing direction, in the middle of a table of 0.4 m."""
    lines = np.arange(-0.2, 0.2, STEP)
    x, y = np.meshgrid(lines, lines)
    across = x * np.cos(angle) + y * np.sin(angle)
    depth = np.where(np.abs(across) < width / 2, TABLE - height, TABLE)
    return HeightMap(depth.astype(np.float32), (-0.2, -0.2), STEP)


def slots(heights, x=0.0, y=0.0, angle=0.0, tip=TABLE - 0.02, clearance=0.002):
    found = find_slots(heights, np.array([[x, y]]), angle, np.array([[tip]]), JAW, clearance)
    return found.shift[0, 0], found.opening[0, 0]


@pytest.mark.parametrize('angle', [0.0, 0.3, np.pi / 2, 2.5])
@pytest.mark.parametrize('width', [0.01, 0.04, 0.07])
def test_the_jaw_opens_as_far_as_the_object_is_wide_and_a_clearance(width, angle):
    shift, opening = slots(bar(width, angle=angle), angle=angle)
    assert opening == pytest.approx(width + 2 * 0.002, abs=3 * STEP)
    assert shift == pytest.approx(0, abs=2 * STEP)


def test_it_closes_around_the_middle_wherever_the_point_is():
    at = np.array([np.cos(0.3), np.sin(0.3)])
    shift, _ = slots(bar(0.04, angle=0.3), *(0.015 * at), angle=0.3)
    assert shift == pytest.approx(-0.015, abs=2 * STEP)


def test_too_wide_too_deep_too_high_or_too_narrow_a_gap_is_no_place():
    assert np.isnan(slots(bar(0.09))[1])
    assert np.isnan(slots(bar(0.04), tip=TABLE + 0.001)[1])
    assert np.isnan(slots(bar(0.04, height=0.08))[1])
    walled = bar(0.04)
    edge = np.arange(-0.2, 0.2, STEP)
    for gap, fits in ((0.020, True), (0.014, False)):
        depth = walled.depth.copy()
        depth[:, np.abs(edge) > 0.02 + gap] = TABLE - 0.03
        assert np.isfinite(slots(walled._replace(depth=depth))[1]) == fits


def test_along_the_bar_there_is_no_room():
    assert np.isnan(slots(bar(0.02), angle=np.pi / 2)[1])


def test_each_point_may_have_its_own_direction():
    heights, points = bar(0.04, angle=0.3), np.zeros((3, 2))
    tips = np.full((3, 1), TABLE - 0.02)
    together = find_slots(heights, points, np.array([0.3, 1.87, 0.5]), tips, JAW, 0.002)
    for k, angle in enumerate((0.3, 1.87, 0.5)):
        alone = slots(heights, angle=angle)
        np.testing.assert_array_equal((together.shift[k, 0], together.opening[k, 0]), alone)
    assert together.found[:, 0].tolist() == [True, False, True]


def test_the_palm_must_stay_clear_too():
    """Walls 60 mm to both sides, as high as the palm comes down, and fingers that are longer."""
    heights = bar(0.04)
    far = np.abs(np.arange(-0.2, 0.2, STEP)) > 0.055
    heights.depth[:, far] = TABLE - 0.02 - JAW.finger_length - 0.005
    tip = np.array([[TABLE - 0.02]])
    for change, fits in (
        ({}, False),
        ({'palm_width': 0.10}, True),
        ({'finger_length': 0.06}, True),
    ):
        jaw = replace(JAW, **change)
        assert find_slots(heights, np.zeros((1, 2)), 0.0, tip, jaw, 0.002).found[0, 0] == fits


def test_a_point_at_the_border_of_the_map_is_served():
    found = slots(bar(0.04), x=0.0, y=0.199)
    assert np.isfinite(found).all()


def test_height_map_of_a_tilted_view_is_metric():
    """A box of 60x40 mm, off the optical axis and near, keeps its size across the axis."""
    camera = CameraIntrinsics(640, 480, 525.0, 525.0, 319.5, 239.5)
    v, u = np.mgrid[:480, :640]
    near, far = 0.5, 0.7
    x, y = (u - 319.5) / 525 * near, (v - 239.5) / 525 * near
    box = (np.abs(x - 0.15) < 0.03) & (np.abs(y - 0.05) < 0.02)
    depth = np.where(box, near, far).astype(np.float32)
    heights = height_map(depth, camera, margin=0.02)
    rows, columns = np.nonzero(heights.depth < 0.6)
    for index, corner, middle, side in (
        (columns, heights.corner[0], 0.15, 0.06),
        (rows, heights.corner[1], 0.05, 0.04),
    ):
        metres = corner + index * heights.step
        assert metres.mean() == pytest.approx(middle, abs=0.002)
        assert np.ptp(metres) == pytest.approx(side, abs=0.005)
    assert heights.depth[0, 0] == FAR


def test_gripper_refuses_what_cannot_be():
    with pytest.raises(ValueError, match='max_opening is 0'):
        JawGripper(max_opening=0.0)
    with pytest.raises(ValueError, match=r'tip_reach is 0\.05'):
        JawGripper(tip_reach=0.05)
