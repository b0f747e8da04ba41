"""Wilson score interval of a proportion."""

from __future__ import annotations

import math
from typing import NamedTuple

Z = 1.959964
"""Quantile of the standard normal distribution for 95 % confidence."""


class Share(NamedTuple):
    """A proportion and its 95 % confidence interval.

    Attributes:
        value: The proportion; NaN without samples.
        low: Lower end of the interval.
        high: Upper end of the interval.
    """

    value: float
    low: float
    high: float


def wilson(good: int, count: int) -> Share:
    """Return the proportion `good / count` with its score interval (Wilson, JASA 1927)."""
    if not count:
        return Share(math.nan, math.nan, math.nan)
    share, squared = good / count, Z**2 / count
    middle = (share + squared / 2) / (1 + squared)
    half = Z / (1 + squared) * math.sqrt(share * (1 - share) / count + squared / 4 / count)
    return Share(share, max(middle - half, 0.0), min(middle + half, 1.0))
