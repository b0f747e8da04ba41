"""Overlapping groups of points: each distinct point is processed only once."""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.geometry.pointcloud.runs import Runs, runs_of
import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]

_POINT_BITS = 32


class Overlaps(NamedTuple):
    """The distinct points of m owners that have k overlapping groups each.

    Attributes:
        owner: (p,) owner of each point; a point of several owners is listed once per owner.
        point: (p,) index of the point.
        pattern: (p,) bit g is set if group g of the owner contains the point.
        runs: Runs of points with the same owner and pattern; the arrays above are in this order.
        shape: (m, k).
    """

    owner: Indices
    point: Indices
    pattern: Indices
    runs: Runs
    shape: tuple[int, int]

    def maximum(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the (m, k, c) greatest features of each group, channel by channel.

        Args:
            features: (p, c) features of the distinct points.
        """
        owners, groups = self.shape
        most = np.full((owners, groups, features.shape[1]), -np.inf, np.float32)
        rows = self.runs.reduced(np.maximum, features)
        patterns = self.pattern[: len(rows)]
        for pattern in np.unique(patterns):
            same = np.flatnonzero(patterns == pattern)
            owner, of_owner = self.owner[same], rows[same]
            for group in range(groups):
                if pattern >> group & 1:
                    most[owner, group] = np.maximum(most[owner, group], of_owner)
        return most


def overlaps(groups: Indices) -> Overlaps:
    """Find the distinct points of every owner, in the order that `maximum` expects.

    Args:
        groups: (m, k, s) indices of points, k less than 16; repeated indices count once.
    """
    owners, count, _ = groups.shape
    key = (np.arange(owners) << _POINT_BITS)[:, None, None] | groups
    key = (key << count) | np.arange(count)[:, None]
    key = np.sort(key, axis=None)
    bit = 1 << (key & ((1 << count) - 1))
    key >>= count
    starts = np.flatnonzero(np.diff(key, prepend=-1))
    key, pattern = key[starts], np.bitwise_or.reduceat(bit, starts)
    owner, point = key >> _POINT_BITS, key & ((1 << _POINT_BITS) - 1)
    runs = runs_of((owner << count) | pattern)
    owner, point, pattern = (rows[runs.order] for rows in (owner, point, pattern))
    return Overlaps(owner, point, pattern, runs, (owners, count))
