"""Memory of places where grasps failed, until the scene there has changed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

AVOIDED = 'failed before'
"""Name of the filter of grasps near such places."""

_RADIUS = 0.04
"""Metres around a place within which the scene is compared."""
_MOST_POINTS = 400
"""Maximum number of points that are compared; of more points, every k-th is taken."""
_MOVED = 0.006
"""Metres; if the distance between old and new points is greater, the scene has changed."""
_PART = 75
"""Percentile of the distances that is compared."""


class _Place(NamedTuple):
    """Where a grasp failed (3,), and the points (n, 3) around it then."""

    position: NDArray[np.float64]
    around: NDArray[np.float64]


class FailureMemory:
    """The places where grasps failed; all positions are in one frame that does not move."""

    def __init__(self) -> None:
        self._places: list[_Place] = []

    def add(self, position: NDArray[np.floating], points: NDArray[np.floating]) -> None:
        """Remember a place.

        Args:
            position: (3,) metres.
            points: (n, 3) metres, points of the scene measured after the failed grasp.
        """
        place = np.asarray(position, float)
        self._places.append(_Place(place, _around(place, points)))

    def forget(self) -> None:
        """Forget all places."""
        self._places.clear()

    def places(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the (k, 3) places around which the scene has not changed; forget the others.

        Args:
            points: (n, 3) metres, points of the scene measured now.
        """
        self._places = [
            place
            for place in self._places
            if not _has_changed(place.around, _around(place.position, points))
        ]
        return np.array([place.position for place in self._places]).reshape(-1, 3)


def _around(position: NDArray[np.float64], points: NDArray[np.floating]) -> NDArray[np.float64]:
    near = points[np.linalg.norm(points - position, axis=1) < _RADIUS]
    return np.asarray(near[:: 1 + len(near) // _MOST_POINTS], float)


def _has_changed(before: NDArray[np.float64], now: NDArray[np.float64]) -> bool:
    """Return whether surfaces have appeared, disappeared or moved."""
    if not len(before) or not len(now):
        return len(before) != len(now)
    apart = max(
        np.percentile(cKDTree(one).query(other)[0], _PART)
        for one, other in ((before, now), (now, before))
    )
    return bool(apart > _MOVED)
