"""Rows grouped by equal keys, in an order that allows a fast reduction."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


class Runs(NamedTuple):
    """Runs of equal keys: the first rows of all runs, then the second rows, and so on.

    The longest runs come first, so the second rows of all runs that have two belong to the first
    runs and are reduced with one call. A reduction run by run takes several times as long.

    Attributes:
        order: (p,) indices of the keys.
        ends: Where the first rows begin and end in `order`, where the second rows end, ...
    """

    order: Indices
    ends: Indices

    def reduced(self, function: np.ufunc, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (r, c) rows: each run reduced by a function such as `np.maximum`.

        Args:
            function: Binary function whose result does not depend on the order of the rows.
            rows: (p, c) in the order of the runs.
        """
        result = rows[: self.ends[1]].copy()
        for begin, end in pairwise(self.ends[1:].tolist()):
            head = result[: end - begin]
            function(head, rows[begin:end], out=head)
        return result


def runs_of(key: Indices) -> Runs:
    """Find the runs of (p,) keys; equal keys need not be adjacent."""
    order = np.argsort(key)
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    lengths = np.diff(np.append(starts, len(key)))
    longest = np.argsort(-lengths)
    turn = np.empty_like(longest)
    turn[longest] = np.arange(len(longest))
    place = np.arange(len(key)) - np.repeat(starts, lengths)
    ends = np.cumsum([0, *np.bincount(place, minlength=1)])
    result = np.empty_like(order)
    result[ends[place] + np.repeat(turn, lengths)] = order
    return Runs(result, ends)
