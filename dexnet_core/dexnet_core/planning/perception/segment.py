"""Segmentation of depth images and clouds into objects and their support plane."""

from __future__ import annotations

from typing import NamedTuple

import cv2
from dexnet_core.geometry.camera import CameraIntrinsics, deproject
from dexnet_core.geometry.lengths import FARTHEST
from dexnet_core.planning.perception.bin_walls import find_bin_walls
from dexnet_core.planning.perception.ground import Ground, Sample
from dexnet_core.planning.perception.metric_view import PixelBox
from dexnet_core.planning.perception.support import heights_over, ORIGIN, Plane
import numpy as np
from numpy.typing import NDArray

_GAP = 9
"""Size in pixels of the kernel that closes gaps between object pixels."""

_SPECKLE = 8
"""Minimum number of connected pixels of an object."""

_STEP = 8
"""Pixels between the samples for the detection of the support plane."""

_WALL_STEP = 4
"""Pixels between the samples for the detection of bin walls."""

_LOOKED_AT = 5000
"""Number of points of a cloud for the detection of the support plane."""

_LOOKED_AT_WALLS = 20_000
"""Number of points of a cloud for the detection of bin walls."""

_EDGE = 0.06
"""Share of the image at its edges where cameras often measure nothing."""


class Box(NamedTuple):
    """Least and greatest (x, y, z) in metres, in the optical frame."""

    least: tuple[float, float, float]
    most: tuple[float, float, float]


class SegmentedImage(NamedTuple):
    """A segmented depth image.

    Attributes:
        depth: (H, W) float32 metres along the optical axis; 0 where nothing was seen.
        objects: (H, W) bool, True on measured pixels of objects.
        camera: Intrinsics at the size of the image.
        support: (H, W) bool, True on measured pixels of the support plane; None if there is
            no such plane.
        plane: The support plane; None if there is none.
    """

    depth: NDArray[np.float32]
    objects: NDArray[np.bool_]
    camera: CameraIntrinsics
    support: NDArray[np.bool_] | None = None
    plane: Plane | None = None


EVERYWHERE = Box((-np.inf, -np.inf, 0.0), (np.inf, np.inf, np.inf))
"""No bounds."""


def within(
    depth: NDArray[np.float32], camera: CameraIntrinsics, workspace: Box
) -> NDArray[np.bool_]:
    """Return the (H, W) mask of measured pixels in the workspace.

    Args:
        depth: (H, W) metres; 0 where nothing was seen.
        camera: Intrinsics of the image.
        workspace: Bounds, inclusive.
    """
    low, high = np.asarray(workspace, np.float32)
    inside: NDArray[np.bool_] = (depth >= low[2]) & (depth <= high[2]) & (depth > 0)
    for axis, lines in ((0, np.arange(camera.width)), (1, np.arange(camera.height)[:, None])):
        if np.isinf([low[axis], high[axis]]).all():
            continue
        centre, focal = ((camera.cx, camera.fx), (camera.cy, camera.fy))[axis]
        across = depth * ((lines - centre) / focal).astype(np.float32)
        inside &= (across >= low[axis]) & (across <= high[axis])
    return inside


def segment_image(
    depth: NDArray[np.float32],
    camera: CameraIntrinsics,
    mask: NDArray[np.bool_] | None,
    ground: Ground,
    workspace: Box = EVERYWHERE,
) -> SegmentedImage:
    """Segment the objects in a depth image.

    Args:
        depth: (H, W) metres; 0 where nothing was seen.
        camera: Intrinsics of the image.
        mask: (H, W) True on objects. None: everything over the support plane is an object, or
            everything that was seen if there is no such plane.
        ground: Known properties of the support plane.
        workspace: Bounds of objects and their support plane. Points beside it are not objects, but
            remain obstacles; points that are nearer or farther count as not seen.

    Raises:
        ValueError: The mask is not of the camera's size.
    """
    if mask is not None:
        camera.require_shape(mask.shape, 'mask')
    seen = within(depth, camera, workspace)
    near, far = workspace.least[2], workspace.most[2]
    measured = np.where((depth >= near) & (depth <= far), depth, np.float32(0))
    plane = ground.plane(_sample(depth, camera, workspace), ORIGIN)
    if plane is None:
        return SegmentedImage(measured, seen if mask is None else seen & mask, camera)
    height = ground.least_height(plane)
    over = heights_over(plane, depth, camera)
    if mask is not None:
        objects = seen & mask
    else:
        objects = _off_walls(seen & _closed(seen & (over > height)), measured, camera, plane)
    support = seen & ~objects & (np.abs(over) <= height)
    return SegmentedImage(measured, objects, camera, support, plane)


def _off_walls(
    objects: NDArray[np.bool_],
    depth: NDArray[np.float32],
    camera: CameraIntrinsics,
    plane: Plane,
) -> NDArray[np.bool_]:
    """Return the objects without the walls of the bin, if there is a bin."""
    points = deproject(depth, camera, _WALL_STEP).reshape(-1, 3)
    walls = find_bin_walls(plane, points[points[:, 2] > 0])
    return objects if walls is None else objects & walls.hold_pixels(depth, camera)


def _sample(depth: NDArray[np.float32], camera: CameraIntrinsics, workspace: Box) -> Sample:
    """Return points from the whole image, without those nearer than the workspace."""
    small = depth[::_STEP, ::_STEP]
    some = (small > 0) & (small >= workspace.least[2]) & (small < FARTHEST)
    points = deproject(depth, camera, _STEP)[some]
    least, most = np.asarray(workspace, np.float32)
    across = ((points >= least) & (points <= most))[:, :2].all(axis=1)
    deeper = points[:, 2] > most[2]
    edges = []
    for axis in (0, 1):
        end = 1 + int(_EDGE * small.shape[axis])
        places = np.indices(small.shape)[axis][some]
        edges += [places < end, places >= small.shape[axis] - end]
    return Sample(points, across & ~deeper, across & deeper, np.stack(edges))


class SegmentedPoints(NamedTuple):
    """Segmentation of a cloud.

    Attributes:
        objects: (n,) bool, True on points of objects.
        plane: The support plane; None if there is none.
    """

    objects: NDArray[np.bool_]
    plane: Plane | None


def segment_points(
    points: NDArray[np.float32],
    ground: Ground,
    viewpoint: NDArray[np.floating] | None,
    inside: NDArray[np.bool_] | None = None,
    deeper: NDArray[np.bool_] | None = None,
) -> SegmentedPoints:
    """Return the points of a cloud over its support plane; all points if there is none.

    Args:
        points: (n, 3) metres in any frame.
        ground: Known properties of the support plane.
        viewpoint: (3,) metres, position of the camera; None if unknown.
        inside: (n,) True in the workspace; None for all.
        deeper: (n,) True if outside of it only because of too great a depth; None for no point.
    """
    inside = np.ones(len(points), bool) if inside is None else inside
    deeper = np.zeros(len(points), bool) if deeper is None else deeper
    some = slice(None, None, 1 + len(points) // _LOOKED_AT)
    edges = np.zeros((4, len(points[some])), bool)
    plane = ground.plane(Sample(points[some], inside[some], deeper[some], edges), viewpoint)
    if plane is None:
        return SegmentedPoints(inside, None)
    heights = plane.heights_of(points)
    objects = inside & (heights > ground.least_height(plane))
    walls = find_bin_walls(plane, points[:: 1 + len(points) // _LOOKED_AT_WALLS])
    return SegmentedPoints(objects if walls is None else objects & walls.hold(points), plane)


def _closed(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Remove small groups of pixels, which are noise, and close gaps in thin objects."""
    _, parts, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    large = stats[:, cv2.CC_STAT_AREA] >= _SPECKLE
    large[0] = False
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_GAP, _GAP))
    return cv2.morphologyEx(large[parts].astype(np.uint8), cv2.MORPH_CLOSE, kernel) > 0


def box_around(mask: NDArray[np.bool_], margin: int) -> PixelBox:
    """Return the bounding box of the True pixels (at least one), grown by a margin in pixels."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    height, width = mask.shape
    return PixelBox(
        max(int(columns[0]) - margin, 0),
        max(int(rows[0]) - margin, 0),
        min(int(columns[-1]) + 1 + margin, width),
        min(int(rows[-1]) + 1 + margin, height),
    )
