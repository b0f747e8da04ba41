"""Distances between points: spacing of a cloud, and distance from other points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

_LOOKED_AT = 200
"""Number of points whose distance to their neighbours is measured."""


def point_spacing(points: NDArray[np.floating]) -> float:
    """Return the median distance of some points (n, d) to their nearest neighbours.

    Returns:
        Metres, like the points; 0 for fewer than two points.
    """
    if len(points) < 2:
        return 0.0
    some = points[:: 1 + len(points) // _LOOKED_AT]
    return float(np.median(cKDTree(points).query(some, k=2)[0][:, 1]))


def far_from(
    positions: NDArray[np.floating], places: NDArray[np.floating] | None, radius: float
) -> NDArray[np.bool_]:
    """Return the (n,) mask of positions (n, 3) farther than a radius from all places (k, 3)."""
    if places is None or not len(places) or not len(positions):
        return np.ones(len(positions), bool)
    nearest: NDArray[np.float64] = cKDTree(places).query(positions)[0]
    return nearest > radius
