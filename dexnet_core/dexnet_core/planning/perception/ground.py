"""Detection of the support plane, as distinct from the faces of objects and from the floor."""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.planning.perception.plane_patch import plane_patch, PlanePatch
from dexnet_core.planning.perception.support import BAND, find_support, Plane
import numpy as np
from numpy.typing import NDArray

_ROUGH = 3.0
"""Multiple of the support plane's roughness that its own points hardly ever exceed."""
_WIDE = 0.3
"""Minimum width in metres, of the narrower side, of a plane that is not a face of an object."""
_STORY = 0.5
"""Minimum height in metres of a table over the floor; objects are lower."""
_STANDING = 0.02
"""Minimum share of points that stand on a plane with objects."""
_TRAY = 0.1
"""Minimum width in metres, of the narrower side, of a plane with objects."""
_FLAT = 0.4 * BAND
"""Maximum roughness of a plane; points of a curved surface fill the whole band."""
_FILLED = 0.3
"""Minimum share of points on a plane that leaves the image, if it is not a face of an object."""
_AT_EDGE = 3
"""Minimum number of points at an edge of the image of a plane that continues beyond it."""


class Sample(NamedTuple):
    """A few thousand points from the whole measurement.

    Attributes:
        points: (n, 3) metres.
        inside: (n,) bool, True in the workspace.
        deeper: (n,) bool, True if outside of the workspace only because of too great a depth.
        edges: (4, n) bool, True at the left, right, upper and lower edge of the image; all False
            for a cloud.
    """

    points: NDArray[np.float32]
    inside: NDArray[np.bool_]
    deeper: NDArray[np.bool_]
    edges: NDArray[np.bool_]


class Ground(NamedTuple):
    """Known properties of the support plane.

    Attributes:
        height: Minimum height in metres of an object over the plane; it is increased if the noise
            of the plane is higher.
        up: (3,) unit vector against gravity; None if unknown.
        exists: False if there is no support plane and everything is an object.
        distance: Metres along gravity from the origin of the frame to the plane; None to detect
            the plane. Requires up.
    """

    height: float = 0.004
    up: NDArray[np.float64] | None = None
    exists: bool = True
    distance: float | None = None

    def plane(self, sample: Sample, viewpoint: NDArray[np.floating] | None) -> Plane | None:
        """Return the support plane of measured points, or None if there is none.

        Raises:
            ValueError: The distance is known, but up is unknown.
        """
        if not self.exists:
            return None
        if self.distance is not None:
            return self._known(sample.points, self.distance)
        plane = find_support(sample.points[sample.inside], self.up, viewpoint)
        return None if plane is None else _support_at(plane, sample)

    def least_height(self, plane: Plane) -> float:
        """Return the minimum height in metres of an object over a plane."""
        return max(self.height, _ROUGH * plane.roughness)

    def _known(self, points: NDArray[np.float32], distance: float) -> Plane:
        if self.up is None:
            raise ValueError(
                "support is 'known', but the direction of gravity is not: expected up, by option "
                "--up or by the node's parameters camera_pose, gravity_frame or use_imu"
            )
        heights = points @ self.up.astype(np.float32) + np.float32(distance)
        near = heights[np.abs(heights) < BAND]
        roughness = float(np.sqrt(np.mean(near**2))) if near.size else 0.0
        return Plane(self.up, -distance, roughness)


def _support_at(plane: Plane, sample: Sample) -> Plane | None:
    """Return the support plane, given the largest plane; None if that is a face of an object.

    Behind a table, the floor is often the larger plane. If the workspace excludes the table, or
    objects were cut out beforehand, the largest plane is a face of an object.
    """
    table = _level(sample, plane, sample.inside, (_STORY, np.inf))
    if table is not None and _is_wide(plane_patch(table, sample.points)):
        return table
    below = _level(sample, plane, sample.deeper, (-_STORY, -2 * BAND))
    if below is not None:
        return below
    on = np.abs(plane.heights_of(sample.points)) < BAND
    if np.count_nonzero(on) > _FILLED * len(on) and _goes_on(on, sample):
        return plane
    patch = plane_patch(plane, sample.points)
    if patch is not None and (_is_wide(patch) or _goes_on(patch.members, sample)):
        return plane
    return plane if plane.roughness < _FLAT and _bears(patch, sample) else None


def _level(
    sample: Sample, plane: Plane, chosen: NDArray[np.bool_], heights: tuple[float, float]
) -> Plane | None:
    """Return the largest plane parallel to another, among chosen points in a range of heights."""
    over, (least, most) = plane.heights_of(sample.points), heights
    return find_support(sample.points[chosen & (over > least) & (over < most)], plane.normal)


def _is_wide(patch: PlanePatch | None) -> bool:
    return patch is not None and patch.width >= _WIDE


def _goes_on(members: NDArray[np.bool_], sample: Sample) -> bool:
    """Return whether a plane is cut off by at least two edges of the image."""
    cut = np.count_nonzero(sample.edges & members, axis=1) >= _AT_EDGE
    return bool(np.count_nonzero(cut) >= 2)


def _bears(patch: PlanePatch | None, sample: Sample) -> bool:
    """Return whether objects stand on a plane."""
    if patch is None or patch.width < _TRAY:
        return False
    standing = np.count_nonzero(patch.standing & sample.inside)
    return bool(standing >= max(_AT_EDGE, _STANDING * np.count_nonzero(sample.inside)))
