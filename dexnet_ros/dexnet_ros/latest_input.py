"""What the camera sent last, and the observation of one plan made from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from dexnet_core.observation import Observation, of_cloud, of_image, of_optical_cloud
from dexnet_ros.cloud_conversions import points_from_msg
from dexnet_ros.conversions import camera_from_msg, depth_from_msg, mask_from_msg
from dexnet_ros.frames import CloudFrames
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CameraInfo, Image, PointCloud2
from std_msgs.msg import Header


class PlanInput(NamedTuple):
    """The input of one plan.

    Attributes:
        header: Of the depth image or cloud; goes unchanged into every answer.
        observation: What is planned on.
    """

    header: Header
    observation: Observation

    def with_up(self, up: NDArray[np.float64] | None, comes_from: str) -> PlanInput:
        """Return the input with the direction (3,) against gravity, if it is known."""
        if up is None:
            return self
        return self._replace(observation=self.observation.with_up(up, comes_from))


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
    image: Image | PointCloud2,
    camera_info: CameraInfo | None,
    mask: Image | None,
    frames: CloudFrames,
) -> PlanInput:
    """Read the messages of one plan.

    Args:
        image: Depth image or cloud.
        camera_info: Of a depth image; not used for a cloud.
        mask: Of the same size, or None.
        frames: Tells what kind of frame a cloud is in.

    Raises:
        ValueError: One of them cannot be used, or is not of the size of the others.
    """
    pixels = None if mask is None else mask_from_msg(mask)
    if isinstance(image, Image):
        depth, camera = depth_from_msg(image), camera_from_msg(camera_info)
        camera.require_shape(depth.shape, 'depth image')
        return PlanInput(image.header, of_image(depth, camera, pixels))
    points = points_from_msg(image)
    if frames.is_optical(image.header.frame_id):
        return PlanInput(image.header, of_optical_cloud(points, pixels))
    up = np.array([0.0, 0.0, 1.0])
    return PlanInput(image.header, of_cloud(points, up, pixels))
