"""The visible part of a plane: its size, and the points that stand on it."""

from __future__ import annotations

from typing import NamedTuple

import cv2
from dexnet_core.geometry.spacing import point_spacing
from dexnet_core.geometry.transform import frames_along
from dexnet_core.planning.perception.support import BAND, Plane
import numpy as np
from numpy.typing import NDArray

_SPACINGS = 2.5
"""Width of a cell over the point spacing; the spacing is larger where a plane is seen aslant."""
_LEAST_CELL = 0.005
_MOST_CELLS = 400
"""Maximum number of cells along each side of the grid."""
_RING = np.ones((3, 3), np.uint8)


class PlanePatch(NamedTuple):
    """The largest connected part of a plane that was seen.

    Attributes:
        width: Metres across its narrower side.
        members: (n,) bool, True on the points of this part.
        standing: (n,) bool, True on points over this part or its holes, at any height.
    """

    width: float
    members: NDArray[np.bool_]
    standing: NDArray[np.bool_]


def plane_patch(plane: Plane, points: NDArray[np.float32]) -> PlanePatch | None:
    """Return the largest connected part of a plane among (n, 3) points; None without any."""
    heights = plane.heights_of(points)
    on = np.abs(heights) < BAND
    if np.count_nonzero(on) < 3:
        return None
    places = points @ frames_along(plane.normal)[:, :2].astype(np.float32)
    grid = _Grid.about(places[on])
    cells = grid.cells(places)
    filled = np.zeros(grid.shape, np.uint8)
    filled[cells[on, 1], cells[on, 0]] = 1
    _, parts, stats, _ = cv2.connectedComponentsWithStats(
        cv2.morphologyEx(filled, cv2.MORPH_CLOSE, _RING), connectivity=8
    )
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    part = (parts == largest).astype(np.uint8)
    members = on & (part[cells[:, 1], cells[:, 0]] > 0)
    hull = cv2.convexHull(np.argwhere(part)[:, ::-1].astype(np.int32))
    over = cv2.dilate(cv2.fillConvexPoly(np.zeros_like(part), hull, 1), _RING)
    standing = over[cells[:, 1], cells[:, 0]].astype(bool) & grid.contains(places)
    _, sides, _ = cv2.minAreaRect(places[members])
    return PlanePatch(float(min(sides)), members, standing & (heights > BAND))


class _Grid(NamedTuple):
    """Square cells over a plane, with one empty cell at each border."""

    least: NDArray[np.float32]
    cell: float
    shape: tuple[int, int]

    @classmethod
    def about(cls, places: NDArray[np.float32]) -> _Grid:
        """Return the grid that contains all (n, 2) places; cells are wider than the spacing."""
        least, most = places.min(axis=0), places.max(axis=0)
        cell = max(
            _SPACINGS * point_spacing(places),
            _LEAST_CELL,
            float((most - least).max()) / _MOST_CELLS,
        )
        columns, rows = ((most - least) / cell).astype(int) + 3
        return cls(least, cell, (int(rows), int(columns)))

    def cells(self, places: NDArray[np.float32]) -> NDArray[np.intp]:
        """Return (n, 2) columns and rows; for places outside, those of the nearest cell."""
        most = np.array(self.shape[::-1]) - 1
        with np.errstate(over='ignore'):
            cells = np.clip(np.floor((places - self.least) / self.cell) + 1, 0, most)
        return np.asarray(cells, np.intp)

    def contains(self, places: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Return the (n,) mask of places in the grid."""
        most = self.least + self.cell * (np.array(self.shape[::-1], np.float32) - 1)
        inside: NDArray[np.bool_] = (places >= self.least - self.cell) & (places < most)
        return np.asarray(inside.all(axis=1))
