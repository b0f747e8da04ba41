"""Fusion of the clouds of several cameras."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from dexnet_core.planning.perception.ground import Ground
from dexnet_core.planning.perception.segment import segment_points, SegmentedPoints
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

MOST_APART = 0.010
"""Distance in metres between one surface in two clouds above which the cameras disagree."""

_COMPARED = 3000
_SAME = 0.05
"""Metres within which the nearest point of another camera may be on the same surface."""
_NEAREST = 30
"""Percentage of the points that both cameras certainly see."""
_LEAST = 50


class _Seen(NamedTuple):
    """The segmented cloud of one camera."""

    cloud: NDArray[np.float32]
    parts: SegmentedPoints

    @property
    def objects(self) -> NDArray[np.float32]:
        return self.cloud[self.parts.objects]


def fused(clouds: Sequence[NDArray[np.float32]], up: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the points of all clouds.

    Args:
        clouds: (n, 3) metres each, in one frame in which the cameras are calibrated.
        up: (3,) unit vector against gravity in that frame.

    Raises:
        ValueError: Two cameras see the support plane, or the objects on it, more than
            MOST_APART metres from each other, so the pose of one camera is wrong.
    """
    ground = Ground(up=np.asarray(up, float))
    seen = [_Seen(cloud, segment_points(cloud, ground, None)) for cloud in clouds]
    for (first, one), (second, other) in combinations(enumerate(seen), 2):
        apart = _apart(one, other)
        if apart > MOST_APART:
            raise ValueError(
                f'clouds {first + 1} and {second + 1} disagree by {1e3 * apart:.0f} mm, expected '
                f'at most {1e3 * MOST_APART:.0f} mm: are both cameras calibrated in this frame?'
            )
    return np.concatenate([np.asarray(cloud, np.float32) for cloud in clouds])


def _apart(one: _Seen, other: _Seen) -> float:
    """Return metres between two views of the same things; 0 where they see nothing in common."""
    planes = [view.parts.plane for view in (one, other) if view.parts.plane is not None]
    middle = np.median(np.concatenate([one.cloud, other.cloud]), axis=0)
    level = abs(np.diff([plane.height_of(middle) for plane in planes])).sum()
    return max(float(level), _between(one.objects, other.objects))


def _between(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Return the distance in metres between the two clouds where they overlap."""
    if min(len(one), len(other)) < _LEAST:
        return 0.0
    some = one[:: 1 + len(one) // _COMPARED]
    distance, _ = cKDTree(other).query(some, distance_upper_bound=_SAME)
    shared = distance[np.isfinite(distance)]
    return float(np.percentile(shared, _NEAREST)) if len(shared) >= _LEAST else 0.0
