"""Neighbour search with the same results as the operators of PointNet++.

The operators return the first hits in the order of the cloud, not the nearest. Therefore the
cloud is searched slice by slice, and only for centres that do not have enough hits yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Points = NDArray[np.float32]
Indices = NDArray[np.int64]

_ENDS = np.array([1, 2, 4, 6, 9, 12]) / 16
"""Ends of the slices, as shares of the cloud; where points are dense, few slices are searched."""
_LEAST_SLICE = 128
_POINT_BITS = 32
_MARGIN = 1 + 1e-5
"""Factor on search radii: trees use float64, hits are checked in float32, as in the operators."""

_NEAREST = 8
"""Number of candidates; with this many, rounding hardly ever drops one of the three nearest."""


class Cylinder(NamedTuple):
    """Nested cylinders along the approach of a gripper, in metres.

    Attributes:
        radius: Radius of all cylinders.
        back: Position of their common rear end on the axis, from the centre; negative.
        depths: Positions of their front ends on the axis, ascending.
    """

    radius: float
    back: float
    depths: tuple[float, ...]


class Nearest(NamedTuple):
    """The three nearest known points of each of n points.

    Attributes:
        distance: (n, 3) float32 metres, ascending; infinite where there are fewer points.
        indices: (n, 3) int64; 0 where there are fewer points.
    """

    distance: NDArray[np.float32]
    indices: Indices

    @property
    def weights(self) -> NDArray[np.float32]:
        """(n, 3) weights for the interpolation of features, by inverse distance."""
        inverse = 1 / (self.distance + np.float32(1e-8))
        shares: NDArray[np.float32] = inverse / inverse.sum(axis=1, keepdims=True)
        return shares


class ScannedCloud:
    """A cloud that is searched in its order, slice by slice. Threads may share it.

    Attributes:
        points: (n, 3) float32 metres.
    """

    def __init__(self, points: Points) -> None:
        """Build a search tree for every slice of (n, 3) float32 points, finite."""
        self.points = points
        parts = [part for part in np.split(points, _ends(len(points))) if len(part)]
        self._trees = [_tree(part) for part in parts]
        self._begins = np.cumsum([0, *map(len, parts[:-1])])

    def first_in_balls(self, centres: Points, radius: float, count: int) -> Indices:
        """Return the first points of the cloud within a radius of each centre.

        Args:
            centres: (m, 3) float32, finite.
            radius: Metres; a point at exactly this distance is excluded.
            count: Points per centre.

        Returns:
            (m, count) int64 indices in the order of the cloud. With fewer hits, the first is
            repeated; without hits, all are 0.
        """
        first = _FirstHits(len(centres), 1, count)
        limit = np.float32(radius) * np.float32(radius)
        for pairs in self._scan(centres, radius, first):
            hit = pairs.distance < radius / _MARGIN
            doubtful = np.flatnonzero(~hit)
            apart = self.points[pairs.point[doubtful]] - centres[pairs.centre[doubtful]]
            hit[doubtful] = _squared(apart) < limit
            first.append(*_in_order(pairs.centre[hit], pairs.point[hit]), 0)
        return first.filled_up()[:, 0]

    def first_in_cylinders(
        self, centres: Points, rotations: Points, cylinder: Cylinder, count: int
    ) -> Indices:
        """Return the first points of the cloud in nested cylinders at each centre.

        Args:
            centres: (m, 3) float32, finite.
            rotations: (m, 3, 3) float32; columns are the axes of the cylinders' frames. The first
                column is the axis of the cylinders.
            cylinder: Size of the cylinders; points exactly on the border are excluded.
            count: Points per centre and depth.

        Returns:
            (m, depths, count) int64 indices, filled up as in `first_in_balls`.
        """
        first = _FirstHits(len(centres), len(cylinder.depths), count)
        half = (cylinder.depths[-1] - cylinder.back) / 2
        balls = centres + np.float32(cylinder.back + half) * rotations[:, :, 0]
        limit = np.float32(cylinder.radius) * np.float32(cylinder.radius)
        for pairs in self._scan(balls, float(np.hypot(cylinder.radius, half)), first):
            centre, point = _in_order(pairs.centre, pairs.point)
            x, y, z = into_frames(self.points[point], centres, rotations, centre)
            inside = (y * y + z * z < limit) & (x > np.float32(cylinder.back))
            for number, depth in enumerate(cylinder.depths):
                hit = inside & (x < np.float32(depth))
                first.append(centre[hit], point[hit], number)
        return first.filled_up()

    def _scan(self, centres: Points, radius: float, first: _FirstHits) -> Iterator[_Pairs]:
        """Yield the pairs within slightly more than a radius, for centres without enough hits."""
        for begin, tree in zip(self._begins, self._trees, strict=True):
            lacking = first.lacking()
            if not len(lacking):
                return
            around = _tree(centres[lacking])
            reach = radius * _MARGIN
            near = around.sparse_distance_matrix(tree, reach, output_type='ndarray')
            yield _Pairs(lacking[near['i']], near['j'] + begin, near['v'])


def into_frames(
    points: Points, centres: Points, rotations: Points, which: Indices
) -> tuple[NDArray[np.float32], ...]:
    """Return x, y, z of points (p, 3), each in the frame of one of the centres.

    Args:
        points: (p, 3) float32.
        centres: (m, 3) float32 origins.
        rotations: (m, 3, 3) float32 whose columns are axes.
        which: (p,) index of the centre of each point.
    """
    x, y, z = (points - centres[which]).T
    axes = np.ascontiguousarray(rotations.reshape(-1, 9).T)[:, which]
    return tuple((axes[k] * x + axes[k + 3] * y) + axes[k + 6] * z for k in range(3))


def three_nearest(points: Points, known: Points) -> Nearest:
    """Find the three nearest known points of every point; ties go to the lower index.

    Args:
        points: (n, 3) float32, finite.
        known: (m, 3) float32, finite, at least one.
    """
    looked = min(_NEAREST, len(known))
    distance, index = cKDTree(known).query(points, k=np.arange(1, looked + 1))
    squared, index = _three_least(_squared(points[:, None] - known[index]), index)
    # If the last candidate is as near, others at this distance may be missing: compare with all.
    doubtful = np.flatnonzero(distance[:, -1] <= np.sqrt(squared[:, -1]) * _MARGIN)
    if looked < len(known) and len(doubtful):
        every = np.broadcast_to(np.arange(len(known)), (len(doubtful), len(known)))
        apart = _squared(points[doubtful, None] - known)
        squared[doubtful], index[doubtful] = _three_least(apart, every)
    missing = ((0, 0), (0, 3 - squared.shape[1]))
    squared = np.pad(squared, missing, constant_values=np.inf)
    return Nearest(np.sqrt(squared), np.pad(index, missing).astype(np.int64))


class _Pairs(NamedTuple):
    """Centres and points that may be neighbours.

    Attributes:
        centre: (p,) indices.
        point: (p,) indices.
        distance: (p,) float64 metres, as trees measure it.
    """

    centre: Indices
    point: Indices
    distance: NDArray[np.float64]


class _FirstHits:
    """The first hits of each centre and kind, collected slice by slice."""

    def __init__(self, centres: int, kinds: int, count: int) -> None:
        self._hits = np.zeros((centres, kinds, count), np.int64)
        self._found = np.zeros((centres, kinds), np.int64)

    def lacking(self) -> Indices:
        """Return the centres that do not have enough hits of some kind yet."""
        return np.flatnonzero((self._found < self._hits.shape[2]).any(axis=1))

    def append(self, centre: Indices, point: Indices, kind: int) -> None:
        """Add hits (p,) of one kind in a slice of the cloud, in order; drop surplus hits."""
        centres, _, count = self._hits.shape
        new = np.bincount(centre, minlength=centres)
        before = self._found[:, kind]
        place = np.arange(len(centre)) + (before - np.cumsum(new) + new)[centre]
        room = place < count
        self._hits[centre[room], kind, place[room]] = point[room]
        self._found[:, kind] = np.minimum(before + new, count)

    def filled_up(self) -> Indices:
        """Return the (centres, kinds, count) hits; free places repeat the first hit."""
        free = np.arange(self._hits.shape[2]) >= self._found[..., None]
        return np.where(free, self._hits[..., :1], self._hits)


def _in_order(centre: Indices, point: Indices) -> tuple[Indices, Indices]:
    """Return pairs of (p,) centres and points sorted by centre, then by the cloud's order."""
    key = np.sort((centre << _POINT_BITS) | point)
    return key >> _POINT_BITS, key & ((1 << _POINT_BITS) - 1)


def _three_least(
    squared: NDArray[np.float32], index: Indices
) -> tuple[NDArray[np.float32], Indices]:
    """Return the three least values of every row and their indices; ties: the lower index."""
    order = np.lexsort((index, squared))[:, :3]
    return np.take_along_axis(squared, order, 1), np.take_along_axis(index, order, 1)


def _ends(count: int) -> NDArray[np.intp]:
    """Return where to cut a cloud; all slices but the last hold at least _LEAST_SLICE points."""
    ends = np.ceil(_ENDS * count / _LEAST_SLICE).astype(int) * _LEAST_SLICE
    return np.unique(ends[ends < count])


def _tree(points: Points) -> cKDTree:
    """Return a tree that is built quickly rather than searched quickly."""
    return cKDTree(points, balanced_tree=False, compact_nodes=False)


def _squared(differences: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the squared lengths of (..., 3) differences, summed in the operators' order."""
    x, y, z = np.moveaxis(differences, -1, 0)
    squared: NDArray[np.float32] = (x * x + y * y) + z * z
    return squared
