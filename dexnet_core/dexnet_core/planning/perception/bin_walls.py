"""Detection of the walls of a bin, which rise over its floor but are not objects."""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.geometry.transform import frames_along
from dexnet_core.planning.perception.support import heights_over, Plane
import numpy as np
from numpy.typing import NDArray

_CELL = 0.01
"""Side in metres of the cells over the floor."""
_STEEP = 0.025
"""Minimum height range in metres of the points over a cell of a wall."""
_TURNS = np.radians(np.arange(0.0, 90.0, 3.0))
_FINER = np.radians([-2.0, -1.0, 0.0, 1.0, 2.0])
_LEAST_LENGTH = 0.15
"""Minimum visible length of a wall in metres."""
_LEAST_SHARE = 0.55
"""Minimum visible length of a wall as a share of the bin's side."""
_LONGEST = 0.9
"""Minimum length of a wall over the longest line on its side; objects beside it are shorter."""
_FLOOR = 0.01
_LEAST_FLOOR = 0.05
"""Minimum share of floor points among the points between the walls."""
_THICK = 0.05
"""Maximum distance in metres between the inside of a wall and its rim."""
_MOST_BEYOND = 0.2
"""Maximum share of raised points beyond the walls; with more, these are rows of objects."""
_MARGIN = 0.008
"""Metres from a wall within which points belong to the wall."""
_MOST_CELLS = 2000


class BinWalls(NamedTuple):
    """The insides of the walls of a rectangular bin.

    Attributes:
        axes: (3, 2) unit vectors along the sides of the bin, in the frame of the points.
        least: (2,) metres along the axes, positions of the walls at the lower ends.
        most: (2,) metres along the axes, positions of the walls at the upper ends.
    """

    axes: NDArray[np.float64]
    least: NDArray[np.float64]
    most: NDArray[np.float64]

    def hold(self, points: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Return the (n,) mask of (n, 3) points between the walls."""
        inside = np.ones(len(points), bool)
        for axis, least, most in zip(self.axes.T, self.least, self.most, strict=True):
            along = points @ axis.astype(points.dtype)
            inside &= (along > least) & (along < most)
        return inside

    def hold_pixels(
        self, depth: NDArray[np.float32], camera: CameraIntrinsics
    ) -> NDArray[np.bool_]:
        """Return the (H, W) mask of the pixels of a depth image that are between the walls."""
        inside = depth > 0
        for axis, least, most in zip(self.axes.T, self.least, self.most, strict=True):
            along = heights_over(Plane(axis, 0.0, 0.0), depth, camera)
            inside &= (along > least) & (along < most)
        return inside


def find_bin_walls(plane: Plane, points: NDArray[np.float32]) -> BinWalls | None:
    """Return the walls that rise from a plane and enclose a part of it; None if there are none.

    At least three walls must be visible, each along most of a side. The inside of the fourth is
    often not visible from the camera; this wall is then assumed where the adjacent walls end.

    Args:
        plane: The floor of the bin.
        points: (n, 3) metres from the whole scene, less than a centimetre apart.
    """
    frame = frames_along(plane.normal)[:, :2]
    heights = plane.heights_of(points)
    places = points @ frame.astype(np.float32)
    steep = _steep_cells(places, heights)
    if len(steep) * _CELL < 3 * _LEAST_LENGTH or len(steep) > _MOST_CELLS:
        return None
    turned = _turn_of_lines(steep)
    ends = [_walls_along(axis, steep @ turned) for axis in (0, 1)]
    if sum(side is not None for pair in ends for side in pair) < 3:
        return None
    walls = _between(frame @ turned, ends, steep @ turned)
    return walls if _is_bin(walls, points, heights) else None


def _is_bin(walls: BinWalls, points: NDArray[np.float32], heights: NDArray[np.float32]) -> bool:
    """Return whether there is a floor between walls, and hardly a raised point beyond them."""
    inner, raised = walls.hold(points), heights > _FLOOR
    wider = walls._replace(least=walls.least - _THICK, most=walls.most + _THICK)
    beyond = np.count_nonzero(raised & ~wider.hold(points))
    floor = np.count_nonzero(inner & (np.abs(heights) < _FLOOR))
    has_floor = floor > _LEAST_FLOOR * np.count_nonzero(inner)
    return bool(has_floor and beyond < _MOST_BEYOND * np.count_nonzero(raised))


def _steep_cells(places: NDArray[np.float32], heights: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the (k, 2) centres of cells over which points have very different heights."""
    raised = heights > _FLOOR
    if not raised.any():
        return np.empty((0, 2))
    places, heights = places[raised], heights[raised]
    cells = np.floor((places - places.min(axis=0)) / _CELL).astype(np.int64)
    key = cells[:, 0] * (cells[:, 1].max() + 1) + cells[:, 1]
    order = np.argsort(key, kind='stable')
    begins = np.flatnonzero(np.diff(key[order], prepend=-1))
    height = heights[order]
    spread = np.maximum.reduceat(height, begins) - np.minimum.reduceat(height, begins)
    middle: NDArray[np.float64] = (cells[order[begins]] + 0.5) * _CELL + places.min(axis=0)
    return middle[spread > _STEEP]


def _turn_of_lines(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rotation (2, 2) to the axes along which (k, 2) places lie on the fewest lines."""
    turn = _TURNS[_sharpness(places, _TURNS).argmax()]
    finer = turn + _FINER
    return _rotations(finer[_sharpness(places, finer).argmax()])


def _sharpness(places: NDArray[np.float64], turns: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return (t,) how strongly (k, 2) places concentrate on lines along axes at t angles."""
    along = np.moveaxis(places @ _rotations(turns), 1, 2).reshape(2 * len(turns), -1)
    lines = np.floor((along - along.min(axis=1, keepdims=True)) / _CELL).astype(np.int64)
    count = int(lines.max()) + 1
    lines += np.arange(len(lines))[:, None] * count
    crowds = np.bincount(lines.ravel(), minlength=len(lines[:, 0]) * count) ** 2
    crowding: NDArray[np.int64] = crowds.reshape(len(turns), -1).sum(axis=1)
    return crowding


def _rotations(turns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (..., 2, 2) rotations of (...) angles."""
    cos, sin = np.cos(turns), np.sin(turns)
    return np.stack([np.stack([cos, -sin], axis=-1), np.stack([sin, cos], axis=-1)], axis=-2)


def _walls_along(axis: int, places: NDArray[np.float64]) -> tuple[float | None, float | None]:
    """Return the nearest walls perpendicular to an axis, before and after the middle."""
    along, across = places[:, axis], places[:, 1 - axis]
    length = max(_LEAST_LENGTH, _LEAST_SHARE * float(np.ptp(across)))
    least = along.min()
    line = np.floor((along - least) / _CELL).astype(np.int64)
    reach = np.zeros((line.max() + 2, int(np.ptp(across) / _CELL) + 1), bool)
    reach[line, np.floor((across - across.min()) / _CELL).astype(np.int64)] = True
    seen = np.count_nonzero(reach[:-1] | reach[1:], axis=1) * _CELL
    at = least + (np.arange(len(seen)) + 1) * _CELL
    middle = (along.max() + least) / 2
    before, after = (
        at[side & (seen >= max(length, _LONGEST * seen[side].max(initial=0.0)))]
        for side in (at < middle, at >= middle)
    )
    return (before.max() if before.size else None, after.min() if after.size else None)


def _between(
    axes: NDArray[np.float64],
    ends: list[tuple[float | None, float | None]],
    places: NDArray[np.float64],
) -> BinWalls:
    """Return the walls at the ends; a wall that was not seen is where the other cells end."""
    least, most = places.min(axis=0), places.max(axis=0)
    for axis, (before, after) in enumerate(ends):
        least[axis] = least[axis] if before is None else before
        most[axis] = most[axis] if after is None else after
    return BinWalls(axes, least + _MARGIN, most - _MARGIN)
