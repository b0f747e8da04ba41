"""Virtual views: depth images from another viewpoint, rendered from measured points.

A planner that works along the optical axis of a depth image works along any direction on a virtual
view. Regions that the real camera did not see stay unseen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.geometry.transform import frames_along, pose_matrix
import numpy as np
from numpy.typing import NDArray

_NOTHING = np.float32(1e3)
_SAME_SURFACE = np.float32(0.004)
"""Metres of depth within which a point belongs to the surface that its pixel shows."""


@dataclass(frozen=True)
class VirtualCamera:
    """Parameters of virtual views; lengths in metres.

    Attributes:
        distance: From the camera to the nearest object point, along the viewing direction.
        pixel: Side of a pixel at that distance. Larger where the points are sparser.
        margin: Width of the border around the objects that the image shows.
        behind: Depth beyond the farthest object point up to which points are rendered.
        most_pixels: Greatest width and height of the image. The pixels grow where this is reached.
    """

    distance: float = 0.8
    pixel: float = 0.00125
    margin: float = 0.14
    behind: float = 0.3
    most_pixels: int = 640


class VirtualView(NamedTuple):
    """A virtual depth image.

    Attributes:
        depth: (H, W) float32 metres along the viewing direction; 0 where nothing was seen.
        objects: (H, W) bool, True where the nearest point belongs to an object.
        camera: Intrinsics of the image.
        T_frame_view: (4, 4) pose of the view's optical frame in the frame of the points.
    """

    depth: NDArray[np.float32]
    objects: NDArray[np.bool_]
    camera: CameraIntrinsics
    T_frame_view: NDArray[np.float64]


def virtual_view(
    points: NDArray[np.floating],
    objects: NDArray[np.bool_],
    direction: NDArray[np.floating],
    taken: VirtualCamera,
    spacing: float = 0.0,
) -> VirtualView:
    """Render points as a depth image that looks along a direction at the objects.

    Each pixel shows its nearest point. Gaps between neighbouring points are closed with the
    nearest depth beside them; larger unseen regions stay unseen.

    Args:
        points: (n, 3) metres in any frame.
        objects: (n,) bool, True on points of objects; at least one is.
        direction: (3,) viewing direction in that frame; any non-zero length.
        taken: Parameters of the view.
        spacing: Typical distance in metres between neighbouring points; pixels are not smaller.

    Raises:
        ValueError: No point belongs to an object.
    """
    if not objects.any():
        raise ValueError('no point belongs to an object, expected at least one')
    rotation = frames_along(direction)
    local = np.asarray(points, np.float32) @ rotation.astype(np.float32)
    least, most = local[objects].min(axis=0), local[objects].max(axis=0)
    middle = (least + most) / 2
    origin = np.array([middle[0], middle[1], least[2] - taken.distance], np.float32)
    camera = _camera(most - least, taken, spacing)
    depth, on_objects = _rendered(
        local - origin, objects, camera, most[2] - origin[2] + taken.behind
    )
    return VirtualView(depth, on_objects, camera, pose_matrix(rotation @ origin, rotation))


def _camera(extent: NDArray[np.float32], taken: VirtualCamera, spacing: float) -> CameraIntrinsics:
    """Return a camera whose image shows the objects' extent (3,) and the margin."""
    sides = extent[:2].astype(float) + 2 * taken.margin
    pixel = max(taken.pixel, spacing, sides.max() / taken.most_pixels)
    width, height = np.ceil(sides / pixel).astype(int).tolist()
    focal = taken.distance / pixel
    return CameraIntrinsics(width, height, focal, focal, (width - 1) / 2, (height - 1) / 2)


def _rendered(
    points: NDArray[np.float32], objects: NDArray[np.bool_], camera: CameraIntrinsics, far: float
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return depth and object pixels (H, W) of (n, 3) points in the optical frame."""
    inside = (points[:, 2] > 0.01) & (points[:, 2] < far)
    x, y, z = points[inside].T
    column = np.rint(x / z * np.float32(camera.fx) + np.float32(camera.cx)).astype(np.int32)
    row = np.rint(y / z * np.float32(camera.fy) + np.float32(camera.cy)).astype(np.int32)
    within = (column >= 0) & (column < camera.width) & (row >= 0) & (row < camera.height)
    at, z = (row * camera.width + column)[within], z[within]
    depth = np.full(camera.width * camera.height, _NOTHING, np.float32)
    np.minimum.at(depth, at, z)
    on_objects = np.zeros(len(depth), bool)
    on_objects[at[objects[inside][within] & (z < depth[at] + _SAME_SURFACE)]] = True
    return _closed(depth.reshape(camera.shape), on_objects.reshape(camera.shape))


def _closed(
    depth: NDArray[np.float32], on_objects: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Fill pixels between seen ones with the nearest depth around; outlines do not change."""
    around = np.ones((3, 3), np.uint8)
    seen = depth < _NOTHING
    closed = cv2.morphologyEx(seen.astype(np.uint8), cv2.MORPH_CLOSE, around) > 0
    gaps = closed & ~seen
    depth = np.where(gaps, cv2.erode(depth, around), np.where(seen, depth, np.float32(0)))
    on_objects = on_objects | gaps & (cv2.dilate(on_objects.astype(np.uint8), around) > 0)
    return depth, on_objects
