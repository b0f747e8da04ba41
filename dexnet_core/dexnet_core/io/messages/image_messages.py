"""Conversion of Image messages to arrays (depth, masks, heat maps), without copies if possible."""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.geometry.camera import depth_from_image
from dexnet_core.io.messages.protocols import ImageMessage
from dexnet_core.planning.perception.masks import Selection, selection_of
import numpy as np
from numpy.typing import NDArray


class Pixel(NamedTuple):
    """Pixel layout of an encoding: dtype and number of channels."""

    dtype: str
    channels: int = 1


DEPTH_ENCODINGS = {
    '32FC1': Pixel('f4'),
    '16UC1': Pixel('u2'),
    'mono16': Pixel('u2'),
    '64FC1': Pixel('f8'),
    '16SC1': Pixel('i2'),
    'Z16': Pixel('u2'),
}
"""Depth encodings with a known unit: metres for floating point, millimetres for integers."""

_SCALED_ENCODINGS = {'mono8': Pixel('u1'), '8UC1': Pixel('u1'), '32SC1': Pixel('i4')}
"""Depth encodings without a known unit; they need depth_scale."""
_LABEL_ENCODINGS = {
    '16UC1': Pixel('u2'),
    'mono16': Pixel('u2'),
    '16SC1': Pixel('i2'),
    '32SC1': Pixel('i4'),
}
"""Mask encodings whose values are object labels."""
_MASK_ENCODINGS = {
    '8UC1': Pixel('u1'),
    'mono8': Pixel('u1'),
    'bool': Pixel('u1'),
    '8SC1': Pixel('i1'),
    **_LABEL_ENCODINGS,
    '32FC1': Pixel('f4'),
    '64FC1': Pixel('f8'),
    'rgb8': Pixel('u1', 3),
    'bgr8': Pixel('u1', 3),
    '8UC3': Pixel('u1', 3),
    'rgba8': Pixel('u1', 4),
    'bgra8': Pixel('u1', 4),
    '8UC4': Pixel('u1', 4),
}
_HEATMAP = {'32FC1': Pixel('f4')}
_OF_COLOUR = ('rgb', 'bgr', 'yuv', 'bayer', 'nv', '8uc3', '8uc4')
"""Prefixes of the encodings of colour images."""


def depth_from_msg(msg: ImageMessage, scale: float = 0.0) -> NDArray[np.float32]:
    """Return (H, W) float32 metres; 0 = no measurement.

    A 32FC1 image that is valid at every pixel is not copied: the result is then a read-only view
    of the message.

    Args:
        msg: Image with one of DEPTH_ENCODINGS; with a scale also mono8, 8UC1 or 32SC1.
        scale: Metres per unit; 0 = metres for floating point, millimetres for integers.

    Raises:
        ValueError: The encoding is another, there are no pixels, or the data is too short.
    """
    encodings = DEPTH_ENCODINGS | (_SCALED_ENCODINGS if scale else {})
    if msg.encoding not in encodings:
        raise ValueError(
            f'depth image has encoding {msg.encoding!r}, expected {" or ".join(encodings)}'
            + _hint(msg.encoding)
        )
    pixels = _pixels(msg, encodings, 'depth image')
    if pixels.dtype.kind == 'i' and pixels.itemsize == 2:  # 16SC1 is read as uint16
        pixels = np.maximum(pixels, 0).astype(np.uint16)
    return depth_from_image(pixels, scale)


def selection_from_msg(msg: ImageMessage) -> Selection:
    """Return a mask or object labels from an image.

    Images of 16 and 32 bit integers are labels, 0 = no object. For 8 bit, colour and
    floating-point images, the values decide: see `selection_of`.

    Raises:
        ValueError: The encoding is another, there are no pixels, the data is too short, or the
            values are not a mask.
    """
    pixels = _pixels(msg, _MASK_ENCODINGS, 'mask')
    if msg.encoding in _LABEL_ENCODINGS:
        return Selection(None, np.maximum(pixels, 0).astype(np.int32))
    if msg.encoding.startswith('rgb'):
        pixels = pixels[..., [2, 1, 0, *range(3, pixels.shape[2])]]
    return selection_of(pixels)


def heatmap_pixels(msg: ImageMessage) -> NDArray[np.float32]:
    """Return the (H, W) predicted quality of a heat map as a view; NaN off the objects."""
    return _pixels(msg, _HEATMAP, 'heat map').astype(np.float32, copy=False)


def _pixels(msg: ImageMessage, encodings: dict[str, Pixel], what: str) -> NDArray[np.generic]:
    """Return read-only pixels, (H, W) or (H, W, channels), in the byte order of this machine."""
    if msg.encoding not in encodings:
        raise ValueError(
            f'{what} has encoding {msg.encoding!r}, expected {" or ".join(encodings)}'
        )
    if msg.height == 0 or msg.width == 0:
        raise ValueError(f'{what} is {msg.width}x{msg.height}, expected at least 1x1')
    pixel = encodings[msg.encoding]
    dtype = np.dtype(pixel.dtype).newbyteorder('>' if msg.is_bigendian else '<')
    least = msg.width * pixel.channels * dtype.itemsize
    if msg.step < least:
        raise ValueError(f'{what} has step {msg.step}, expected at least {least} bytes')
    if len(msg.data) < msg.step * msg.height:
        least = msg.step * msg.height
        raise ValueError(f'{what} has {len(msg.data)} bytes, expected step * height = {least}')
    shape = (msg.height, msg.width, pixel.channels)
    strides = (msg.step, pixel.channels * dtype.itemsize, dtype.itemsize)
    view = np.ndarray(shape, dtype, buffer=msg.data, strides=strides)
    view.flags.writeable = False
    view = view.astype(dtype.newbyteorder('='), copy=False)
    return view if pixel.channels > 1 else view[..., 0]


def _hint(encoding: str) -> str:
    """Return the advice for an encoding that is not one of depth; empty without advice."""
    if encoding in _SCALED_ENCODINGS:
        return '; for this encoding, set depth_scale to the metres per unit'
    if encoding.lower().startswith(_OF_COLOUR):
        return ': is it the topic of the colour image?'
    return ''
