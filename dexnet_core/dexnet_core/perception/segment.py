"""Which pixels are something to grasp."""

from __future__ import annotations

from typing import NamedTuple

import cv2
from dexnet_core.geometry.camera import CameraIntrinsics, deproject
from dexnet_core.perception.metric_view import PixelBox
from dexnet_core.perception.support import find_support, heights_over, ORIGIN, Plane
import numpy as np
from numpy.typing import NDArray

_GAP = 9
"""Pixels of gaps between object pixels that are closed."""

_SPECKLE = 8
"""Pixels that hang together in an object at least."""

_STEP = 8
"""Pixels from one to the next that the support plane is looked for in."""

_LOOKED_AT = 5000
"""Points of a cloud that it is looked for in."""

_ROUGH = 3.0
"""Roughnesses of the support plane over which its own points hardly ever rise."""


class Box(NamedTuple):
    """Least and greatest (x, y, z) in metres, in the optical frame."""

    least: tuple[float, float, float]
    most: tuple[float, float, float]


class Observed(NamedTuple):
    """A depth image and what in it is to be grasped.

    Attributes:
        depth: (H, W) float32 metres along the optical axis; 0 where nothing was seen.
        objects: (H, W) bool, True on measured pixels of objects.
        camera: Intrinsics at the size of the image.
        support: (H, W) bool, True on measured pixels of the support plane; None where there is
            no such plane.
        plane: That objects stand on; None where there is none.
    """

    depth: NDArray[np.float32]
    objects: NDArray[np.bool_]
    camera: CameraIntrinsics
    support: NDArray[np.bool_] | None = None
    plane: Plane | None = None


class Ground(NamedTuple):
    """What is known of the plane that objects stand on.

    Attributes:
        height: Metres over the plane from which on something is an object; more where the plane
            is measured so roughly that its own noise reaches higher.
        up: (3,) unit vector against gravity; None where it is unknown.
        exists: False where everything is an object.
    """

    height: float = 0.004
    up: NDArray[np.float64] | None = None
    exists: bool = True

    def plane(
        self, points: NDArray[np.float32], viewpoint: NDArray[np.floating] | None
    ) -> Plane | None:
        """Return the support plane among (n, 3) points, or None without one."""
        return find_support(points, self.up, viewpoint) if self.exists else None

    def least_height(self, plane: Plane) -> float:
        """Return metres over a plane from which on something is an object."""
        return max(self.height, _ROUGH * plane.roughness)


EVERYWHERE = Box((-np.inf, -np.inf, 0.0), (np.inf, np.inf, np.inf))
"""No bounds."""


def within(
    depth: NDArray[np.float32], camera: CameraIntrinsics, workspace: Box
) -> NDArray[np.bool_]:
    """Return (H, W) whether a point was measured, and lies in the workspace.

    Args:
        depth: (H, W) metres; 0 where nothing was seen.
        camera: Intrinsics of the image.
        workspace: Its faces are in it.
    """
    low, high = np.asarray(workspace, np.float32)
    inside = (depth >= low[2]) & (depth <= high[2]) & (depth > 0)
    for axis, lines in ((0, np.arange(camera.width)), (1, np.arange(camera.height)[:, None])):
        if np.isinf([low[axis], high[axis]]).all():
            continue
        centre, focal = ((camera.cx, camera.fx), (camera.cy, camera.fy))[axis]
        across = depth * ((lines - centre) / focal).astype(np.float32)
        inside &= (across >= low[axis]) & (across <= high[axis])
    return inside


def observe(
    depth: NDArray[np.float32],
    camera: CameraIntrinsics,
    mask: NDArray[np.bool_] | None,
    ground: Ground,
    workspace: Box = EVERYWHERE,
) -> Observed:
    """Tell objects in a depth image from what they stand on.

    Args:
        depth: (H, W) metres; 0 where nothing was seen.
        camera: Intrinsics of the image.
        mask: (H, W) True on objects; without it, everything off the support plane is one, and
            everything that was seen where there is no such plane.
        ground: What is known of the support plane.
        workspace: Where objects and their support plane are. What lies beside it is no object,
            but stays in the way; what is nearer or farther counts as not seen.

    Raises:
        ValueError: The mask is not of the camera's size.
    """
    if mask is not None:
        camera.require_shape(mask.shape, 'mask')
    seen = within(depth, camera, workspace)
    near, far = workspace.least[2], workspace.most[2]
    measured = np.where((depth >= near) & (depth <= far), depth, np.float32(0))
    inside = np.where(seen, depth, np.float32(0))
    some = deproject(inside, camera, _STEP).reshape(-1, 3)
    plane = ground.plane(some[some[:, 2] > 0], ORIGIN)
    if plane is None:
        return Observed(measured, seen if mask is None else seen & mask, camera)
    height = ground.least_height(plane)
    over = heights_over(plane, depth, camera)
    objects = seen & (_closed(seen & (over > height)) if mask is None else mask)
    support = seen & ~objects & (np.abs(over) <= height)
    return Observed(measured, objects, camera, support, plane)


class SegmentedPoints(NamedTuple):
    """A cloud and what in it is to be grasped.

    Attributes:
        objects: (n,) bool, True on points of objects.
        plane: That objects stand on; None where there is none.
    """

    objects: NDArray[np.bool_]
    plane: Plane | None


def segment_points(
    points: NDArray[np.float32], ground: Ground, viewpoint: NDArray[np.floating] | None
) -> SegmentedPoints:
    """Return which points of a cloud rise over its support plane; all where there is none.

    Args:
        points: (n, 3) metres in any frame.
        ground: What is known of the support plane.
        viewpoint: (3,) where the camera was; None where it is unknown.
    """
    plane = ground.plane(points[:: 1 + len(points) // _LOOKED_AT], viewpoint)
    if plane is None:
        return SegmentedPoints(np.ones(len(points), bool), None)
    heights = points @ plane.normal.astype(np.float32) - np.float32(plane.offset)
    return SegmentedPoints(heights > ground.least_height(plane), plane)


def _closed(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Drop what only noise lifts over the plane, and close the gaps it leaves in thin objects."""
    _, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    large = stats[:, cv2.CC_STAT_AREA] >= _SPECKLE
    large[0] = False
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_GAP, _GAP))
    return cv2.morphologyEx(large[parts].astype(np.uint8), cv2.MORPH_CLOSE, kernel) > 0


def box_around(mask: NDArray[np.bool_], margin: int) -> PixelBox:
    """Return the box of the True pixels, of which there is one, grown by a margin in pixels."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    height, width = mask.shape
    return PixelBox(
        max(int(columns[0]) - margin, 0),
        max(int(rows[0]) - margin, 0),
        min(int(columns[-1]) + 1 + margin, width),
        min(int(rows[-1]) + 1 + margin, height),
    )
