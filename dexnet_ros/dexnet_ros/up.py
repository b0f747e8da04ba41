"""Where up is in the frame of an image: from tf2, an IMU or a fixed pose of the camera."""

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
        direction: (3,) unit vector in the frame that was asked for; None where it is unknown.
        comes_from: `tf`, `imu`, `camera pose` or `given`; empty where it is unknown.
        is_optical: Whether it is in the optical frame of the camera, whatever was asked for.
    """

    direction: NDArray[np.float64] | None
    comes_from: str
    is_optical: bool = False


class UpLookup:
    """Tells where up is, from the first of three sources that the parameters name.

    Parameters, read only:
        gravity_frame: frame of tf2 whose z points upwards; empty = tf2 is not asked.
        use_imu: whether gravity is taken from the topic imu.
        camera_pose: pose of the optical frame in one whose z points upwards: position x, y, z and
            quaternion x, y, z, w; all zero = unknown.
    """

    def __init__(self, node: Node, lookup: FrameLookup) -> None:
        """Declare the parameters, and listen to the IMU if it is asked for.

        Raises:
            ValueError: The pose has not seven numbers.
        """
        self._lookup = lookup
        self._frame = declare_fixed(
            node, 'gravity_frame', '', 'Frame of tf2 whose z axis points up; empty = not used.'
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
        """Whether tf2 is asked."""
        return bool(self._frame)

    def __call__(self, header: Header) -> Up:
        """Return where up is in the frame of a header, at its stamp.

        Raises:
            ValueError: tf2 is to tell it and cannot; the message says why.
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
        """Return the direction in which an IMU at rest is pushed, turned into the frame."""
        pushed = imu.linear_acceleration
        up = unit(np.array([pushed.x, pushed.y, pushed.z]))
        own = imu.header.frame_id
        if own in ('', header.frame_id):
            return up
        return self._lookup(header.frame_id, own, header.stamp)[:3, :3] @ up

    def _on_imu(self, msg: Imu) -> None:
        self._imu = msg
