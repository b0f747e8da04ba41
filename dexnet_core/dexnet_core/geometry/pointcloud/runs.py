"""Rows with equal keys, in an order in which they are reduced quickly."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


class Runs(NamedTuple):
    """Runs of equal keys: first come the first ones of all, then the second ones, and so on.

    The longest runs come first, so that the second rows of all that have two belong to the first
    runs: they are reduced with one call, where a reduction run by run takes several times as long.

    Attributes:
        order: (p,) places of the keys.
        ends: Where the first ones begin and end in `order`, where the second ones end, ...
    """

    order: Indices
    ends: Indices

    def reduced(self, function: np.ufunc, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (r, c) what a function such as `np.maximum` makes of the rows of each run.

        Args:
            function: Of two arrays; the order of rows must not matter to it.
            rows: (p, c) in the order of the runs.
        """
        result = rows[: self.ends[1]].copy()
        for begin, end in pairwise(self.ends[1:].tolist()):
            head = result[: end - begin]
            function(head, rows[begin:end], out=head)
        return result


def runs_of(key: Indices) -> Runs:
    """Find the runs of (p,) keys, whose equals need not be side by side."""
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
