"""A depth camera at 30 Hz over a picture of a scene: of any size, as images or as clouds.

It costs little: eight messages with noise of their own are made first, and only stamped later.
"""

from __future__ import annotations

import argparse
from itertools import cycle
import os
from pathlib import Path
import sys
from typing import NamedTuple

from builtin_interfaces.msg import Time
import cv2
from dexnet_core.geometry.camera import CameraIntrinsics, deproject
from dexnet_ros.camera_conversions import camera_to_msg
from dexnet_ros.cloud_conversions import points_to_msg
from dexnet_ros.image_conversions import depth_to_msg
from dexnet_ros.running import run
import numpy as np
from numpy.typing import NDArray
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.utilities import remove_ros_args
from sensor_msgs.msg import CameraInfo, Image, PointCloud2
from std_msgs.msg import Header

CLOUD = 'cloud'
"""What is sent instead of images where it stands for their size."""
FOCAL = 525.0 / 640
"""Focal length of the picture as a share of its width."""
RATE_HZ = 30.0
_FRAMES, _NOISE_M, _CLOUD_SIZE = 8, 1e-3, '640x480'
_HEADER = Header(frame_id='camera_optical_frame')


class View(NamedTuple):
    """A picture at the size of a camera: (H, W) metres, 0 where nothing was seen."""

    depth: NDArray[np.float32]
    camera: CameraIntrinsics


class Camera(Node):
    """Publishes images or clouds, and on `frames` a header for each that it has sent.

    The header has the stamp of the image; in place of a frame it names the camera's process.
    """

    def __init__(self, picture: NDArray[np.float32], what: str) -> None:
        """Make the messages and begin; `what` is a size as 640x480, or CLOUD."""
        super().__init__('camera')
        view = view_of(picture, _CLOUD_SIZE if what == CLOUD else what)
        frames = noisy(view.depth)
        kind, topic = (PointCloud2, 'points') if what == CLOUD else (Image, 'depth/image_rect')
        if what == CLOUD:
            msgs = [points_to_msg(deproject(depth, view.camera), _HEADER) for depth in frames]
        else:
            msgs = [depth_to_msg(depth, '16UC1', _HEADER) for depth in frames]
        self._info = camera_to_msg(view.camera, _HEADER)
        self._msgs = cycle(msgs)
        qos = QoSProfile(depth=1)
        self._images = self.create_publisher(kind, topic, qos)
        self._infos = self.create_publisher(CameraInfo, 'depth/camera_info', qos)
        self._sent = self.create_publisher(Header, 'frames', QoSProfile(depth=100))
        self.create_timer(1 / RATE_HZ, self._publish)

    def _publish(self) -> None:
        stamp: Time = self.get_clock().now().to_msg()
        header = Header(stamp=stamp, frame_id=_HEADER.frame_id)
        msg = next(self._msgs)
        self._info.header = msg.header = header
        self._infos.publish(self._info)
        self._images.publish(msg)
        self._sent.publish(Header(stamp=stamp, frame_id=str(os.getpid())))


def view_of(picture: NDArray[np.float32], size: str) -> View:
    """Return the middle of a picture (H, W) as a camera of a size as 640x480 sees it."""
    width, height = map(int, size.split('x'))
    scale = max(width / picture.shape[1], height / picture.shape[0])
    whole = [round(side * scale) for side in picture.shape[::-1]]
    large = cv2.resize(picture, whole, interpolation=cv2.INTER_NEAREST)
    left, top = (whole[0] - width) // 2, (whole[1] - height) // 2
    focal = FOCAL * whole[0]
    camera = CameraIntrinsics(width, height, focal, focal, (width - 1) / 2, (height - 1) / 2)
    return View(np.ascontiguousarray(large[top : top + height, left : left + width]), camera)


def noisy(depth: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Return the frames that a camera sends over and over."""
    rng = np.random.default_rng(0)
    noise = rng.normal(0, _NOISE_M, (_FRAMES, *depth.shape)).astype(np.float32)
    return list(np.where(depth > 0, depth + noise, np.float32(0)))


def main() -> int:
    """Publish until told to stop; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('picture', type=Path, help='.npy, (H, W) float32 metres')
    parser.add_argument('what', help=f'size of the images, such as 640x480, or {CLOUD}')
    args = parser.parse_args(remove_ros_args(sys.argv)[1:])
    picture = np.load(args.picture, allow_pickle=False)
    return run('camera', lambda: Camera(picture, args.what))


if __name__ == '__main__':
    sys.exit(main())
