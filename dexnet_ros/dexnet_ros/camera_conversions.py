"""Conversion of cameras to CameraInfo; the reverse is `io.messages.camera_messages`."""

from __future__ import annotations

from dexnet_core.geometry.camera import CameraIntrinsics
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header


def camera_to_msg(camera: CameraIntrinsics, header: Header) -> CameraInfo:
    """Return the camera info of an image without distortion."""
    fx, fy, cx, cy = (float(value) for value in (camera.fx, camera.fy, camera.cx, camera.cy))
    return CameraInfo(
        header=header,
        width=camera.width,
        height=camera.height,
        distortion_model='plumb_bob',
        d=[0.0] * 5,
        k=[fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0],
        r=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        p=[fx, 0.0, cx, 0.0, 0.0, fy, cy, 0.0, 0.0, 0.0, 1.0, 0.0],
    )
