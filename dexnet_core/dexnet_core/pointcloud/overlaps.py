"""Groups of points that share many points: each is looked at once, however many hold it."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]

_POINT_BITS = 32


class _Runs(NamedTuple):
    """Points of one owner that are in the same of its groups, r times; the longest come first.

    Attributes:
        owner: (r,) of the points.
        pattern: (r,) bit g is set where group g of the owner holds the points.
        ends: Rows of the points: first come the first ones of all runs, up to `ends[1]`, then
            the second ones of all that have two, up to `ends[2]`, and so on.
    """

    owner: Indices
    pattern: Indices
    ends: Indices


class Overlaps(NamedTuple):
    """The distinct points of m owners, each of which has k overlapping groups of them.

    Attributes:
        owner: (p,) of each point; a point of several owners comes once for each.
        point: (p,) index of the point.
        runs: The points that are in the same groups.
        shape: (m, k).
    """

    owner: Indices
    point: Indices
    runs: _Runs
    shape: tuple[int, int]

    def maximum(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (m, k, c) the greatest features of each group.

        Args:
            features: (p, c) of each distinct point.
        """
        owners, groups = self.shape
        most = np.full((owners, groups, features.shape[1]), -np.inf, np.float32)
        rows = self._run_maxima(features)
        for held in np.unique(self.runs.pattern):
            same = self.runs.pattern == held
            owner, of_owner = self.runs.owner[same], rows[same]
            for group in range(groups):
                if held >> group & 1:
                    most[owner, group] = np.maximum(most[owner, group], of_owner)
        return most

    def _run_maxima(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (r, c) the greatest features of each run; a reduction run by run takes longer."""
        most = features[: len(self.runs.owner)].copy()
        for begin, end in pairwise(self.runs.ends[1:]):
            head = most[: end - begin]
            np.maximum(head, features[begin:end], out=head)
        return most


def overlaps(groups: Indices) -> Overlaps:
    """Find the distinct points of every owner, in the order in which `maximum` wants them.

    Args:
        groups: (m, k, s) indices of points, k less than 16; repeated ones count once.
    """
    owners, count, _ = groups.shape
    key = (np.arange(owners) << _POINT_BITS)[:, None, None] | groups
    key = (key << count) | np.arange(count)[:, None]
    key = np.sort(key, axis=None)
    held = 1 << (key & ((1 << count) - 1))
    key >>= count
    starts = np.flatnonzero(np.diff(key, prepend=-1))
    key, pattern = key[starts], np.bitwise_or.reduceat(held, starts)
    owner, point = key >> _POINT_BITS, key & ((1 << _POINT_BITS) - 1)
    order, runs = _in_runs((owner << count) | pattern, count)
    return Overlaps(owner[order], point[order], runs, (owners, count))


def _in_runs(key: Indices, bits: int) -> tuple[Indices, _Runs]:
    """Return the order of points that `_Runs` tells of, and the runs of equal keys.

    Args:
        key: (p,) the owner, then the pattern in so many bits.
        bits: As many as groups.
    """
    order = np.argsort(key, kind='stable')
    key = key[order]
    starts = np.flatnonzero(np.diff(key, prepend=-1))
    lengths = np.diff(np.append(starts, len(key)))
    place = np.arange(len(key)) - np.repeat(starts, lengths)
    longest = np.argsort(-lengths, kind='stable')
    turn = np.repeat(np.argsort(longest), lengths)  # of the run among all
    ends = np.cumsum([0, *np.bincount(place)])
    starts = starts[longest]
    runs = _Runs(key[starts] >> bits, key[starts] & ((1 << bits) - 1), ends)
    return order[np.argsort(ends[place] + turn)], runs
