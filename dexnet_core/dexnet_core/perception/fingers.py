"""Where the fingers of a parallel jaw find room beside an object, on a height map.

Labels, planner and baselines all place fingers by `find_slots`; the labels do it on the exact
surfaces of a scene, the planner on what the camera measured.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
from dexnet_core.gripper import JawGripper
from dexnet_core.perception.height_map import FAR, HeightMap
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray


class Slots(NamedTuple):
    """Where the two fingers stand for (n, k) places; NaN where they find no room.

    Attributes:
        shift: Metres from the point to the middle between the fingers, along the closing
            direction.
        opening: Metres between the inner faces of the fingers.
    """

    shift: NDArray[np.float64]
    opening: NDArray[np.float64]

    @property
    def found(self) -> NDArray[np.bool_]:
        """(n, k) whether there is room."""
        return np.isfinite(self.opening)


def find_slots(
    heights: HeightMap,
    points: NDArray[np.floating],
    angle: float,
    tips: NDArray[np.floating],
    gripper: JawGripper,
    clearance: float,
) -> Slots:
    """Open the jaw around points just as far as its fingers need to come down beside them.

    Each finger, grown by the clearance on both sides, takes the place nearest to the point at
    which nothing in its way is nearer to the camera than its tip. The palm, as wide as the jaw
    opened fully, must stay clear as well.

    Args:
        heights: The surfaces.
        points: (n, 2) x and y in metres, in the optical frame.
        angle: Radians from +x towards +y of the closing direction.
        tips: (n, k) depth in metres that the fingertips go down to.
        gripper: The jaw.
        clearance: Metres kept between a finger and everything else.
    """
    step = heights.step
    block = _cells(gripper.finger_thickness + 2 * clearance, step)
    reach = max(1, int(gripper.max_opening / step))
    palm = _cells(gripper.max_opening / 2 + gripper.finger_thickness, step)
    span = max(reach + block, reach // 2 + 1 + palm)
    ways = _ways(heights, points, angle, _cells(gripper.finger_width, step), span)
    blocked = sliding_window_view(ways, block, axis=1).min(axis=2)
    right = _first_free(blocked[:, span + 1 :][:, :reach], tips) * step
    left = _first_free(blocked[:, span - block :: -1][:, :reach], tips) * step
    shift, opening = (right - left) / 2, right + left + step + 2 * clearance
    under = span + np.round(np.nan_to_num(shift) / step).astype(int)
    covered = sliding_window_view(ways, 2 * palm + 1, axis=1).min(axis=2)
    above = np.take_along_axis(covered, under - palm, axis=1)
    fits = (above > tips - gripper.finger_length) & (opening <= gripper.max_opening)
    return Slots(np.where(fits, shift, np.nan), np.where(fits, opening, np.nan))


def _cells(length: float, step: float) -> int:
    return max(1, int(np.ceil(length / step - 1e-6)))


def _ways(
    heights: HeightMap, points: NDArray[np.floating], angle: float, width: int, span: int
) -> NDArray[np.float32]:
    """Return (n, 2 * span + 1) the nearest depth over a finger's width, along the closing axis.

    The point itself is in the middle.
    """
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.array([[cos, sin], [-sin, cos]])
    at = np.round((np.asarray(points) - heights.corner) / heights.step @ turn.T).astype(int)
    reach = np.array([span, width])
    first = at.min(axis=0) - reach
    size = at.max(axis=0) + reach + 1 - first
    M = np.column_stack([turn, -first]).astype(float)
    turned = cv2.warpAffine(
        heights.depth, M, tuple(map(int, size)), flags=cv2.INTER_NEAREST, borderValue=float(FAR)
    )
    nearest = cv2.erode(turned, np.ones((width, 1), np.uint8))
    columns, rows = (at - first).T
    return nearest[rows[:, None], columns[:, None] + np.arange(-span, span + 1)]


def _first_free(way: NDArray[np.float32], tips: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return (n, k) the first of (n, reach) places that is deeper than the tips; NaN if none."""
    free = way[:, None] > tips[:, :, None]
    return np.where(free.any(axis=2), free.argmax(axis=2), np.nan)
