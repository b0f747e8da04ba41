"""Distance between neighbouring points."""

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
