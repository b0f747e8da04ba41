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
    grown = gripper.finger_thickness + 2 * clearance
    block = _cells(grown, step)
    reach = max(1, int(gripper.max_opening / step))
    ways, columns, rows = _turned(heights, points, angle, _cells(gripper.finger_width, step))
    ways = np.pad(ways, ((0, 0), (reach + block, reach + block)), constant_values=FAR)
    columns = columns + reach + block
    blocked = cv2.erode(ways, np.ones((1, block), np.uint8), anchor=(0, 0))
    ahead = columns[:, None] + 1 + np.arange(reach)
    behind = columns[:, None] - block - np.arange(reach)
    right = _first_free(blocked[rows[:, None], ahead], tips) * step + step / 2 + clearance
    left = _first_free(blocked[rows[:, None], behind], tips) * step + step / 2 + clearance
    shift, opening = (right - left) / 2, right + left
    palm_side = gripper.max_opening + 2 * gripper.finger_thickness
    palm = cv2.erode(ways, np.ones((1, _cells(palm_side, step)), np.uint8))
    under = columns[:, None] + np.round(np.nan_to_num(shift) / step).astype(int)
    free = palm[rows[:, None], under] > tips - gripper.finger_length
    fits = free & (opening <= gripper.max_opening)
    return Slots(np.where(fits, shift, np.nan), np.where(fits, opening, np.nan))


def _cells(length: float, step: float) -> int:
    return max(1, int(np.ceil(length / step - 1e-6)))


def _turned(
    heights: HeightMap, points: NDArray[np.floating], angle: float, width: int
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    """Turn the map so that the closing direction runs along its rows.

    Returns:
        The nearest depth over the width of a finger, and column and row (n,) of the points.
    """
    h, w = heights.depth.shape
    side = int(np.ceil(np.hypot(h, w))) + 2
    cos, sin = np.cos(angle), np.sin(angle)
    M = np.array([[cos, sin, 0], [-sin, cos, 0]])
    M[:, 2] = side / 2 - M[:, :2] @ [w / 2, h / 2]
    turned = cv2.warpAffine(
        heights.depth, M, (side, side), flags=cv2.INTER_NEAREST, borderValue=float(FAR)
    )
    at = (np.asarray(points) - heights.corner) / heights.step @ M[:, :2].T + M[:, 2]
    columns, rows = np.round(at).astype(int).clip(0, side - 1).T
    return cv2.erode(turned, np.ones((width, 1), np.uint8)), columns, rows


def _first_free(way: NDArray[np.float32], tips: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return (n, k) the first of (n, reach) places that is deeper than the tips; NaN if none."""
    free = way[:, None] > tips[:, :, None]
    return np.where(free.any(axis=2), free.argmax(axis=2), np.nan)
