"""Conversion of depth, masks and heat maps to Image; the reverse is `io.messages.image_messages`.

Pixels are written directly into the array of the message, without an intermediate list. This is
fast with and without the field checks of rclpy.
"""

from __future__ import annotations

import sys

from dexnet_core.geometry.camera import MILLIMETRES
from dexnet_core.io.messages.image_messages import DEPTH_ENCODINGS
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import Image
from std_msgs.msg import Header

WRITTEN = ('32FC1', '16UC1', 'mono16')
"""Encodings that `depth_to_msg` supports."""


def depth_to_msg(depth: NDArray[np.float32], encoding: str, header: Header) -> Image:
    """Return an image message of (H, W) metres: 32FC1, or 16UC1 or mono16 in millimetres.

    Pixels that are 0, which were not measured, are NaN in 32FC1 (REP 118).
    """
    if encoding not in WRITTEN:
        raise ValueError(f'encoding is {encoding!r}, expected one of {list(WRITTEN)}')
    dtype = np.dtype(DEPTH_ENCODINGS[encoding].dtype)
    if dtype.kind == 'u':
        depth = np.clip(np.rint(depth * MILLIMETRES), 0, np.iinfo(dtype).max)
    else:
        depth = np.where(depth == 0, np.float32(np.nan), depth)
    return image_to_msg(depth.astype(dtype, copy=False), encoding, header)


def mask_to_msg(mask: NDArray[np.bool_], header: Header) -> Image:
    """Return a mono8 image, 255 where the (H, W) mask is True."""
    return image_to_msg(mask.astype(np.uint8) * np.uint8(255), 'mono8', header)


def image_to_msg(pixels: NDArray[np.generic], encoding: str, header: Header) -> Image:
    """Return the message of (H, W) pixels, in the byte order of this machine."""
    height, width = pixels.shape
    msg = Image(header=header, height=height, width=width, encoding=encoding)
    msg.is_bigendian = int(sys.byteorder == 'big')
    msg.step = width * pixels.itemsize
    msg.data.frombytes(np.ascontiguousarray(pixels).data.cast('B'))
    return msg
