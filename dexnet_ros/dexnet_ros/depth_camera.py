"""Base class of the nodes that publish depth images like a camera driver."""

from __future__ import annotations

from collections.abc import Callable

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_ros.camera_conversions import camera_to_msg
from dexnet_ros.image_conversions import depth_to_msg, mask_to_msg, WRITTEN
from dexnet_ros.parameters import declare_fixed
import numpy as np
from numpy.typing import NDArray
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

_QOS = QoSProfile(depth=1)


class DepthCamera(Node):
    """A node that publishes depth images from a function at a fixed rate.

    Publishes, stamped with the time of publishing:
        depth/image_rect (sensor_msgs/Image): depth image in the encoding of the parameter.
        depth/camera_info (sensor_msgs/CameraInfo): intrinsics.
        mask (sensor_msgs/Image): mono8, only if there is a mask.
    Parameters, read only:
        rate: images per second.
        encoding: 16UC1 for millimetres, 32FC1 for metres.
        frame_id: the optical frame.
    """

    def __init__(self, name: str, encoding: str = '16UC1') -> None:
        """Declare the parameters and create the publishers; `start` begins to publish.

        Args:
            name: Name of the node.
            encoding: Default of the parameter encoding.

        Raises:
            ValueError: A parameter is invalid.
        """
        super().__init__(name)
        self._rate = declare_fixed(self, 'rate', 10.0, 'Images per second.')
        self._encoding = declare_fixed(self, 'encoding', encoding, '16UC1 (mm) or 32FC1 (m).')
        self._frame = declare_fixed(
            self, 'frame_id', 'camera_optical_frame', 'Optical frame of the camera.'
        )
        if not self._rate > 0:
            raise ValueError(f'rate is {self._rate}, expected > 0 images per second')
        if self._encoding not in WRITTEN:
            expected = ' or '.join(WRITTEN)
            raise ValueError(f'encoding is {self._encoding!r}, expected {expected}')
        self._images = self.create_publisher(Image, 'depth/image_rect', _QOS)
        self._infos = self.create_publisher(CameraInfo, 'depth/camera_info', _QOS)
        self._masks = self.create_publisher(Image, 'mask', _QOS)

    def start(
        self,
        camera: CameraIntrinsics,
        measure: Callable[[], NDArray[np.float32]],
        mask: NDArray[np.bool_] | None = None,
    ) -> None:
        """Begin to publish.

        Args:
            camera: Intrinsics.
            measure: Returns the next image, (H, W) metres; 0 = no measurement.
            mask: (H, W) True where grasps are allowed.
        """
        self.create_timer(1 / self._rate, lambda: self._publish(camera, measure(), mask))
        size = f'{camera.width}x{camera.height}'
        topic = self._images.topic_name
        self.get_logger().info(f'publishing {topic}, {size} at {self._rate:g} Hz')

    def _publish(
        self,
        camera: CameraIntrinsics,
        depth: NDArray[np.float32],
        mask: NDArray[np.bool_] | None,
    ) -> None:
        """Publish mask and camera info before the image, because a planner starts on the image."""
        header = Header(stamp=self.get_clock().now().to_msg(), frame_id=self._frame)
        if mask is not None:
            self._masks.publish(mask_to_msg(mask, header))
        self._infos.publish(camera_to_msg(camera, header))
        self._images.publish(depth_to_msg(depth, self._encoding, header))
