"""Conversion of points to PointCloud2; the reverse is `io.messages.cloud_messages`."""

from __future__ import annotations

import sys

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import PointCloud2, PointField
from std_msgs.msg import Header


def points_to_msg(points: NDArray[np.floating], header: Header) -> PointCloud2:
    """Return a cloud of (n, 3) or (H, W, 3) points in metres, float32 x, y, z without padding."""
    height, width = (1, *points.shape[:-1])[-2:]
    msg = PointCloud2(header=header, height=height, width=width)
    msg.fields = [
        PointField(name=axis, offset=4 * k, datatype=PointField.FLOAT32, count=1)
        for k, axis in enumerate('xyz')
    ]
    msg.is_bigendian = sys.byteorder == 'big'
    msg.point_step, msg.row_step = 12, 12 * width
    raw = np.ascontiguousarray(points, np.float32)
    msg.is_dense = bool(np.isfinite(raw).all())
    if raw.size:
        msg.data.frombytes(raw.data.cast('B'))
    return msg
