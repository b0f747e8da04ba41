"""What the camera sent last, and the input of one plan made from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_ros.conversions import camera_from_msg, depth_from_msg, mask_from_msg
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header


class PlanInput(NamedTuple):
    """The input of one plan.

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


@dataclass
class LatestInput:
    """The newest message of each topic, or None.

    Camera info and mask are the newest received, whatever their stamps: cameras send the same
    camera info over and over, and a mask that was published once stays until the next one. Both
    must have the size of the image, so after a change of resolution new ones are waited for.
    """

    image: Image | None = None
    camera_info: CameraInfo | None = None
    mask: Image | None = None

    def missing(self) -> str:
        """Return the name of what no plan can be made without and has not come, or ''."""
        if self.image is None:
            return 'image'
        return 'camera_info' if self.camera_info is None else ''


def plan_input(image: Image, camera_info: CameraInfo, mask: Image | None) -> PlanInput:
    """Read the messages of one plan.

    Raises:
        ValueError: One of them cannot be used, or is not of the size of the others.
    """
    depth = depth_from_msg(image)
    camera = camera_from_msg(camera_info)
    camera.require_shape(depth.shape, 'depth image')
    if mask is None:
        return PlanInput(image.header, depth, camera, None)
    pixels = mask_from_msg(mask)
    camera.require_shape(pixels.shape, 'mask')
    return PlanInput(image.header, depth, camera, pixels)
