"""Direction against gravity in the frame of an image, from tf2, an IMU or a fixed camera pose."""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.geometry.transform import rotation_of, unit
from dexnet_ros.frames import FrameLookup
from dexnet_ros.parameters import declare_fixed
import numpy as np
from numpy.typing import NDArray
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Imu
from std_msgs.msg import Header

_Z = np.array([0.0, 0.0, 1.0])


class Up(NamedTuple):
    """A direction against gravity.

    Attributes:
        direction: (3,) unit vector in the requested frame; None if unknown.
        comes_from: Source: `tf`, `imu`, `camera pose` or `given`; empty if unknown.
        is_optical: Whether it is in the optical frame of the camera instead of the requested one.
    """

    direction: NDArray[np.float64] | None
    comes_from: str
    is_optical: bool = False


class UpLookup:
    """Returns the up direction from the first available source: tf2, an IMU, a camera pose.

    Parameters, read only:
        gravity_frame: tf2 frame whose z axis points up; empty = tf2 is not used.
        use_imu: whether to take the direction of gravity from the topic imu.
        camera_pose: pose of the optical frame in a frame whose z axis points up: position x, y, z
            and quaternion x, y, z, w; all zero = unknown.
    """

    def __init__(self, node: Node, lookup: FrameLookup) -> None:
        """Declare the parameters, and subscribe to the IMU if use_imu is true.

        Raises:
            ValueError: The pose does not have seven numbers.
        """
        self._lookup = lookup
        self._frame = declare_fixed(
            node, 'gravity_frame', '', 'tf2 frame whose z axis points up; empty = not used.'
        )
        self._camera_pose = np.array(
            declare_fixed(
                node,
                'camera_pose',
                [0.0] * 7,
                'Pose x y z qx qy qz qw of the camera in a frame whose z axis points up; all zero '
                '= unknown.',
            )
        )
        use_imu = declare_fixed(
            node, 'use_imu', False, 'Whether to take the direction of gravity from topic imu.'
        )
        if self._camera_pose.shape != (7,):
            got = len(self._camera_pose)
            raise ValueError(f'camera_pose has {got} numbers, expected x y z qx qy qz qw')
        self._imu: Imu | None = None
        if use_imu:
            node.create_subscription(Imu, 'imu', self._on_imu, qos_profile_sensor_data)

    @property
    def needs_transforms(self) -> bool:
        """Whether every lookup needs tf2."""
        return bool(self._frame)

    def __call__(self, header: Header) -> Up:
        """Return the up direction in the frame of a header, at its stamp.

        Raises:
            ValueError: A transform is needed and unknown; the message has the reason.
        """
        if self._frame:
            T_level_frame = self._lookup(self._frame, header.frame_id, header.stamp)
            return Up(T_level_frame[:3, :3].T @ _Z, 'tf')
        if self._imu is not None:
            return Up(self._from_imu(self._imu, header), 'imu')
        if self._camera_pose[3:].any():
            return Up(rotation_of(self._camera_pose[3:]).T @ _Z, 'camera pose', is_optical=True)
        return Up(None, '')

    def _from_imu(self, imu: Imu, header: Header) -> NDArray[np.float64]:
        """Return the acceleration of an IMU at rest, which points up, in the frame of a header."""
        measured = imu.linear_acceleration
        up = unit(np.array([measured.x, measured.y, measured.z]))
        own = imu.header.frame_id
        if own in ('', header.frame_id):
            return up
        return self._lookup(header.frame_id, own, header.stamp)[:3, :3] @ up

    def _on_imu(self, msg: Imu) -> None:
        self._imu = msg
