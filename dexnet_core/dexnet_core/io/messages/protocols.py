"""Structural types (protocols) of the ROS messages that this package reads.

Any object with these attributes is accepted, such as a message of rclpy or of rosbags. The names
are those of ROS 2. Numbers may be Python or NumPy numbers, sequences may be lists, arrays or NumPy
arrays, and `data` is any object with the buffer protocol.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol


class StampMessage(Protocol):
    """builtin_interfaces/Time."""

    sec: int
    nanosec: int


class HeaderMessage(Protocol):
    """std_msgs/Header."""

    stamp: StampMessage
    frame_id: str


class ImageMessage(Protocol):
    """sensor_msgs/Image."""

    header: HeaderMessage
    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: Any


class CompressedMessage(Protocol):
    """sensor_msgs/CompressedImage."""

    header: HeaderMessage
    format: str
    data: Any


class RegionMessage(Protocol):
    """sensor_msgs/RegionOfInterest."""

    x_offset: int
    y_offset: int
    width: int
    height: int


class CameraInfoMessage(Protocol):
    """sensor_msgs/CameraInfo."""

    header: HeaderMessage
    height: int
    width: int
    distortion_model: str
    d: Sequence[float]
    k: Sequence[float]
    r: Sequence[float]
    p: Sequence[float]
    binning_x: int
    binning_y: int
    roi: RegionMessage


class FieldMessage(Protocol):
    """sensor_msgs/PointField."""

    name: str
    offset: int
    datatype: int
    count: int


class CloudMessage(Protocol):
    """sensor_msgs/PointCloud2."""

    header: HeaderMessage
    height: int
    width: int
    fields: Sequence[FieldMessage]
    is_bigendian: bool
    point_step: int
    row_step: int
    data: Any
