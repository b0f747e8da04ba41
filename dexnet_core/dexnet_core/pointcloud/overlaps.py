"""Groups of points that share many points: each is looked at once, however many hold it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]

_POINT_BITS = 32


class Overlaps(NamedTuple):
    """The distinct points of m owners, each of which has k overlapping groups of them.

    Attributes:
        owner: (p,) of each point, ascending; a point of several owners comes once for each.
        point: (p,) index of the point.
        pattern: (p,) bit g is set where group g of the owner holds the point.
        shape: (m, k).
    """

    owner: Indices
    point: Indices
    pattern: Indices
    shape: tuple[int, int]

    def maximum(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (m, k, c) the greatest features of each group.

        Args:
            features: (p, c) of each distinct point.
        """
        owners, groups = self.shape
        most = np.full((owners, groups, features.shape[1]), -np.inf, np.float32)
        starts, runs = _run_maxima((self.owner << groups) | self.pattern, features)
        owner, pattern = self.owner[starts], self.pattern[starts]
        for held in np.unique(pattern):
            same = pattern == held
            for group in range(groups):
                if held >> group & 1:
                    at = owner[same], group
                    most[at] = np.maximum(most[at], runs[same])
        return most


def overlaps(groups: Indices) -> Overlaps:
    """Find the distinct points of every owner, those of the same groups side by side.

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
    order = np.argsort((owner << count) | pattern, kind='stable')
    return Overlaps(owner[order], point[order], pattern[order], (owners, count))


def _run_maxima(
    key: Indices, features: NDArray[np.float32]
) -> tuple[Indices, NDArray[np.float32]]:
    """Return where runs of equal keys (p,) start, and the greatest features (runs, c) of each.

    The longest runs come first, so that the second rows of all that have two are the first of
    the runs, and so on; a reduction run by run takes ten times as long.
    """
    starts = np.flatnonzero(np.diff(key, prepend=-1))
    lengths = np.diff(np.append(starts, len(key)))
    order = np.argsort(-lengths, kind='stable')
    starts, lengths = starts[order], lengths[order]
    most = features[starts]
    for row in range(1, lengths.max(initial=0)):
        longer = np.searchsorted(-lengths, -row)
        head = most[:longer]
        np.maximum(head, features[starts[:longer] + row], out=head)
    return starts, most
