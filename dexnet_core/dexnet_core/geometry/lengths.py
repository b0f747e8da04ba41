"""Whether lengths are in metres."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FARTHEST = 20.0
"""Metres; depths or points whose middle is farther away are taken for millimetres."""


def require_metres(lengths: NDArray[np.number], what: str) -> None:
    """Raise ValueError if lengths, such as depths where something was seen, cannot be metres.

    Args:
        lengths: Of any shape; none at all can be metres.
        what: They are of.
    """
    middle = float(np.median(lengths.astype(float))) if lengths.size else 0.0
    if middle > FARTHEST:
        raise ValueError(
            f'half of {what} is over {middle:.0f} m away, expected at most {FARTHEST:.0f} m: '
            'is it in millimetres?'
        )
