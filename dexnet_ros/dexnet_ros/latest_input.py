"""What the camera sent last, and the input of one plan made from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_ros.cloud_conversions import points_from_msg
from dexnet_ros.conversions import camera_from_msg, depth_from_msg, mask_from_msg
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CameraInfo, Image, PointCloud2
from std_msgs.msg import Header


class DepthInput(NamedTuple):
    """The input of one plan on a depth image.

    Attributes:
        header: Of the depth image; goes unchanged into every answer.
        depth: (H, W) float32 metres, 0 where nothing was seen.
        camera: Intrinsics at the size of the image.
        mask: (H, W) True where to plan, or None for everywhere.
    """

    header: Header
    depth: NDArray[np.float32]
    camera: CameraIntrinsics
    mask: NDArray[np.bool_] | None


class CloudInput(NamedTuple):
    """The input of one plan on a point cloud.

    Attributes:
        header: Of the cloud; goes unchanged into every answer.
        points: (H, W, 3) float32 metres; H is 1 where the cloud is not organised.
        mask: (H, W) True where to plan, or None for everywhere.
    """

    header: Header
    points: NDArray[np.float32]
    mask: NDArray[np.bool_] | None


PlanInput = DepthInput | CloudInput


@dataclass
class LatestInput:
    """The newest message of each topic, or None.

    A depth image and a cloud replace each other: the one that came last is planned on. Camera
    info and mask are the newest received, whatever their stamps: cameras send the same camera
    info over and over, and a mask that was published once stays until the next one, or until the
    node is deactivated; a publisher that keeps it (transient local) is asked for it again then.
    They must have the size of the image, so after a change of resolution new ones are waited for.
    """

    image: Image | PointCloud2 | None = None
    camera_info: CameraInfo | None = None
    mask: Image | None = None

    def missing(self) -> str:
        """Return the name of what no plan can be made without and has not come, or ''."""
        if self.image is None:
            return 'image'
        needs_camera = isinstance(self.image, Image) and self.camera_info is None
        return 'camera_info' if needs_camera else ''


def plan_input(
    image: Image | PointCloud2, camera_info: CameraInfo | None, mask: Image | None
) -> PlanInput:
    """Read the messages of one plan.

    Args:
        image: Depth image or cloud.
        camera_info: Of a depth image; not used for a cloud.
        mask: Of the same size, or None.

    Raises:
        ValueError: One of them cannot be used, or is not of the size of the others.
    """
    if isinstance(image, PointCloud2):
        pixels = None if mask is None else mask_from_msg(mask)
        return CloudInput(image.header, points_from_msg(image), pixels)
    depth = depth_from_msg(image)
    camera = camera_from_msg(camera_info)
    camera.require_shape(depth.shape, 'depth image')
    if mask is None:
        return DepthInput(image.header, depth, camera, None)
    pixels = mask_from_msg(mask)
    camera.require_shape(pixels.shape, 'mask')
    return DepthInput(image.header, depth, camera, pixels)
