"""Placement of the fingers of a parallel jaw beside an object, on a height map.

Labels, planner and baselines all use `find_slots`: the labels on the exact surfaces of a scene,
the planner on the measured surfaces.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.perception.height_map import HeightMap
import numpy as np
from numpy.typing import NDArray

_AT_ONCE = 4_000_000
"""Cells that are sampled together; limits the memory to about 100 MB."""


class Slots(NamedTuple):
    """Positions of the two fingers for (n, k) places; NaN where there is no room.

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


class _Footprint(NamedTuple):
    """The gripper in cells of a height map.

    Attributes:
        reach: The greatest opening.
        block: Thickness of a finger and the clearance on both its sides.
        finger: Half the width of a finger.
        palm: Half the width and half the thickness of the palm.
        span: Half the length of the closing line that is sampled around a point.
    """

    reach: int
    block: int
    finger: int
    palm: tuple[int, int]
    span: int


def find_slots(
    heights: HeightMap,
    points: NDArray[np.floating],
    angles: NDArray[np.floating] | float,
    tips: NDArray[np.floating],
    gripper: JawGripper,
    clearance: float,
) -> Slots:
    """Find the smallest opening of the jaw at which its fingers fit beside each point.

    Each finger, grown by the clearance on both sides, is placed as near to the point as possible
    so that no surface below it is nearer to the camera than its tip. The palm must be free too.

    Args:
        heights: The surfaces.
        points: (n, 2) x and y in metres, in the optical frame.
        angles: (n,) radians from +x towards +y of the closing directions, or one for all.
        tips: (n, k) depth in metres that the fingertips go down to.
        gripper: The jaw.
        clearance: Metres kept between a finger and everything else.
    """
    places, depths = np.asarray(points, float), np.asarray(tips, float)
    turns = np.broadcast_to(np.asarray(angles, float), len(points))
    print_ = _footprint(gripper, clearance, heights.step)
    cells = (2 * print_.span + 1) * (2 * max(print_.finger, print_.palm[1]) + 1)
    size = max(1, _AT_ONCE // cells)
    parts = [
        _slots(heights, places[k : k + size], turns[k : k + size], depths[k : k + size], print_)
        for k in range(0, len(points), size)
    ]
    none = np.zeros((0, tips.shape[1]))
    shift, opening, palm = (
        np.concatenate(values) for values in zip((none,) * 3, *parts, strict=True)
    )
    opening += heights.step + 2 * clearance
    fits = (palm > tips - gripper.finger_length) & (opening <= gripper.max_opening)
    return Slots(np.where(fits, shift, np.nan), np.where(fits, opening, np.nan))


def _footprint(gripper: JawGripper, clearance: float, step: float) -> _Footprint:
    reach = max(1, int(gripper.max_opening / step))
    block = _cells(gripper.finger_thickness + 2 * clearance, step)
    palm = _cells(gripper.palm_width / 2, step), _cells(gripper.palm_thickness / 2, step)
    span = max(reach + block, reach // 2 + 1 + palm[0])
    return _Footprint(reach, block, _cells(gripper.finger_width / 2, step), palm, span)


def _cells(length: float, step: float) -> int:
    return max(1, int(np.ceil(length / step - 1e-6)))


def _slots(
    heights: HeightMap,
    points: NDArray[np.float64],
    angles: NDArray[np.floating],
    tips: NDArray[np.floating],
    print_: _Footprint,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.floating]]:
    """Return (n, k) shift and distance of the fingers, and the nearest depth under the palm."""
    reach, block, finger, (half_palm, beside), span = print_
    around = _looked_up(heights, points, angles, span, max(finger, beside))
    middle = around.shape[1] // 2
    way = around[:, middle - finger : middle + finger + 1].min(axis=1)
    under = around[:, middle - beside : middle + beside + 1].min(axis=1)
    blocked = _sliding_min(way, block)
    right = _first_free(blocked[:, span + 1 :][:, :reach], tips) * heights.step
    left = _first_free(blocked[:, span - block :: -1][:, :reach], tips) * heights.step
    shift = (right - left) / 2
    centre = span + np.round(np.nan_to_num(shift) / heights.step).astype(int)
    covered = _sliding_min(under, 2 * half_palm + 1)
    return shift, right + left, np.take_along_axis(covered, centre - half_palm, axis=1)


def _looked_up(
    heights: HeightMap,
    points: NDArray[np.float64],
    angles: NDArray[np.floating],
    span: int,
    beside: int,
) -> NDArray[np.float32]:
    """Return (n, 2 * beside + 1, 2 * span + 1) depth around points, rows along the closing."""
    along = (np.arange(-span, span + 1) * heights.step).astype(np.float32)
    across = (np.arange(-beside, beside + 1) * heights.step).astype(np.float32)[:, None]
    cos, sin = (f(angles).astype(np.float32)[:, None, None] for f in (np.cos, np.sin))
    x, y = points[:, :2].astype(np.float32).T[..., None, None]
    return heights.at(x + (cos * along - sin * across), y + (sin * along + cos * across))


def _sliding_min(rows: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """Return the (n, m - width + 1) minimum of every `width` neighbours in (n, m) rows."""
    least = cv2.erode(rows, np.ones((1, width), np.uint8), anchor=(0, 0))
    return least[:, : rows.shape[1] - width + 1].astype(np.float32, copy=False)


def _first_free(way: NDArray[np.float32], tips: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return (n, k) the first of (n, reach) places that is deeper than the tips; NaN if none."""
    free = way[:, None] > tips[:, :, None]
    return np.where(free.any(axis=2), free.argmax(axis=2), np.nan)
