"""What objects stand on: the support plane, told from faces of objects and from the floor."""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.planning.perception.plane_patch import plane_patch, PlanePatch
from dexnet_core.planning.perception.support import BAND, find_support, Plane
import numpy as np
from numpy.typing import NDArray

_ROUGH = 3.0
"""Roughnesses of the support plane over which its own points hardly ever rise."""
_WIDE = 0.3
"""Metres across the narrower side from which on a plane is no face of an object."""
_STORY = 0.5
"""Metres from a floor to the table on it at least; objects are not so high."""
_STANDING = 0.02
"""Share of the points that stand on a plane at least, if anything does."""
_TRAY = 0.1
"""Metres across the narrower side from which on something may stand on a plane."""
_FLAT = 0.4 * BAND
"""Roughness up to which points lie on a plane; those of a curved surface fill the whole band."""
_FILLED = 0.3
"""Share of what was measured from which on a plane that goes on beyond the image is no face."""
_AT_EDGE = 3
"""Points of a plane at an edge of the image, if it goes on beyond."""


class Sample(NamedTuple):
    """Points from all over what was measured, a few thousand.

    Attributes:
        points: (n, 3) metres.
        inside: (n,) bool, those in the workspace.
        deeper: (n,) bool, those that are only too far away for it.
        edges: (4, n) bool, those at the left, right, upper and lower edge of the image; all False
            for a cloud.
    """

    points: NDArray[np.float32]
    inside: NDArray[np.bool_]
    deeper: NDArray[np.bool_]
    edges: NDArray[np.bool_]


class Ground(NamedTuple):
    """What is known of the plane that objects stand on.

    Attributes:
        height: Metres over the plane from which on something is an object; more where the plane
            is measured so roughly that its own noise reaches higher.
        up: (3,) unit vector against gravity; None where it is unknown.
        exists: False where everything is an object.
        distance: Metres along gravity from the origin of the frame to the plane; None where that
            is to be found out. Needs up.
    """

    height: float = 0.004
    up: NDArray[np.float64] | None = None
    exists: bool = True
    distance: float | None = None

    def plane(self, sample: Sample, viewpoint: NDArray[np.floating] | None) -> Plane | None:
        """Return the support plane of what was measured, or None without one.

        Raises:
            ValueError: The distance is known, but not where up is.
        """
        if not self.exists:
            return None
        if self.distance is not None:
            return self._known(sample.points, self.distance)
        plane = find_support(sample.points[sample.inside], self.up, viewpoint)
        return None if plane is None else _support_at(plane, sample)

    def least_height(self, plane: Plane) -> float:
        """Return metres over a plane from which on something is an object."""
        return max(self.height, _ROUGH * plane.roughness)

    def _known(self, points: NDArray[np.float32], distance: float) -> Plane:
        if self.up is None:
            raise ValueError(
                "support is 'known', but the direction of gravity is not: expected up, such as of "
                "--up, or of the node's camera_pose, gravity_frame or use_imu"
            )
        heights = points @ self.up.astype(np.float32) + np.float32(distance)
        near = heights[np.abs(heights) < BAND]
        roughness = float(np.sqrt(np.mean(near**2))) if near.size else 0.0
        return Plane(self.up, -distance, roughness)


def _support_at(plane: Plane, sample: Sample) -> Plane | None:
    """Return what objects stand on where a plane is the largest; None if it is an object's face.

    Behind a table the floor is often the larger plane. In front of a table that the workspace
    leaves out, and where objects were cut out beforehand, it is the face of an object.
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
    """Return the largest plane parallel to another among chosen points at some heights over it."""
    over, (least, most) = plane.heights_of(sample.points), heights
    return find_support(sample.points[chosen & (over > least) & (over < most)], plane.normal)


def _is_wide(patch: PlanePatch | None) -> bool:
    return patch is not None and patch.width >= _WIDE


def _goes_on(members: NDArray[np.bool_], sample: Sample) -> bool:
    """Tell whether points of a plane are cut off by two edges of the image at least."""
    cut = np.count_nonzero(sample.edges & members, axis=1) >= _AT_EDGE
    return bool(np.count_nonzero(cut) >= 2)


def _bears(patch: PlanePatch | None, sample: Sample) -> bool:
    """Tell whether something stands on a plane."""
    if patch is None or patch.width < _TRAY:
        return False
    standing = np.count_nonzero(patch.standing & sample.inside)
    return bool(standing >= max(_AT_EDGE, _STANDING * np.count_nonzero(sample.inside)))
