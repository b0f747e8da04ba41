"""Check that lengths are in metres."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FARTHEST = 20.0
"""Metres; depths or points with a greater median distance are assumed to be in millimetres."""


def require_metres(lengths: NDArray[np.number], what: str) -> None:
    """Raise ValueError if lengths, such as measured depths, cannot be in metres.

    Args:
        lengths: Lengths in an array of any shape; an empty array is accepted.
        what: Name of the measured thing, for the message.
    """
    middle = float(np.median(lengths.astype(float))) if lengths.size else 0.0
    if middle > FARTHEST:
        raise ValueError(
            f'half of {what} is over {middle:.0f} m away, expected at most {FARTHEST:.0f} m: '
            'is it in millimetres?'
        )
