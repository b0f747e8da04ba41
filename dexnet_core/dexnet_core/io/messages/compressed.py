"""Depth from CompressedImage: compressedDepth of image_transport, and plain 16-bit PNG.

A `format` such as `16UC1; compressedDepth png` holds the encoding of the uncompressed image and
the compression. compressedDepth data begins with twelve bytes: an integer, and two float32 values
a and b. Floating-point depth is stored as 16-bit a / depth + b, with 0 for no measurement.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
from dexnet_core.geometry.camera import depth_from_image
from dexnet_core.io.messages.protocols import CompressedMessage
from dexnet_core.io.messages.rvl import decode_rvl, require_size
import numpy as np
from numpy.typing import NDArray

TRANSPORT = 'compressedDepth'
_HEAD_BYTES = 12
_PNG = b'\x89PNG\r\n\x1a\n'
_PNG_HEAD_BYTES = 24
_METRES = '32FC1'
_INTEGERS = ('16UC1', 'mono16', 'Z16')
_EXPECTED = "expected such as '16UC1; compressedDepth png' or '32FC1; compressedDepth rvl'"
_LOSSY = ('jpeg', 'jpg', 'jp2', 'webp')


class _Format(NamedTuple):
    """Parsed format: encoding, compression (png or rvl), and whether it is compressedDepth."""

    encoding: str
    coding: str
    is_transport: bool


def is_compressed_depth(msg: CompressedMessage) -> bool:
    """Return whether the format of a compressed image is one of depth, not of colour."""
    try:
        _format(msg.format)
    except ValueError:
        return False
    return True


def depth_from_compressed(msg: CompressedMessage, scale: float = 0.0) -> NDArray[np.float32]:
    """Return (H, W) float32 metres; 0 = no measurement.

    Args:
        msg: compressedDepth image, PNG or RVL, of encoding 16UC1, mono16, Z16 or 32FC1; or the
            PNG of the `compressed` transport, of encoding 16UC1 or mono16.
        scale: Metres per unit; 0 = metres for floating point, millimetres for integers.

    Raises:
        ValueError: The format is another or lossy, or the data is damaged or cut off.
    """
    form, data = _format(msg.format), memoryview(msg.data).cast('B')
    if not form.is_transport or data[: len(_PNG)] == _PNG:  # some nodes omit the 12 bytes
        return depth_from_image(_decoded(data, form.coding), scale)
    if len(data) <= _HEAD_BYTES:
        raise ValueError(f'compressed depth has {len(data)} bytes, expected more than 12')
    pixels = _decoded(data[_HEAD_BYTES:], form.coding)
    if form.encoding == _METRES:
        a, b = np.frombuffer(data, '<f4', 2, 4)
        return depth_from_image(_depth_of_inverse(pixels, a, b), scale)
    return depth_from_image(pixels, scale)


def _format(text: str) -> _Format:
    """Parse a format.

    Raises:
        ValueError: It is not a depth format; the message lists examples.
    """
    encoding, _, how = (part.strip() for part in text.partition(';'))
    if not how:  # older publishers write only one of the two parts
        encoding, how = ('16UC1', encoding) if encoding in ('png', 'rvl') else (encoding, 'png')
    if encoding != _METRES and encoding not in _INTEGERS:
        raise ValueError(f'compressed image has format {text!r}, {_EXPECTED}')
    words = how.split()
    if any(word in _LOSSY for word in words):
        raise ValueError(
            f'compressed image has format {text!r}, which is lossy: use the topic that ends in '
            f'/{TRANSPORT} instead'
        )
    is_known = {*words} <= {TRANSPORT, 'compressed', 'png', 'rvl'}
    if not is_known or (encoding == _METRES and TRANSPORT not in words):
        raise ValueError(f'compressed image has format {text!r}, {_EXPECTED}')
    return _Format(encoding, 'rvl' if 'rvl' in words else 'png', TRANSPORT in words)


def _decoded(data: memoryview, coding: str) -> NDArray[np.uint16]:
    """Decompress to (H, W) pixels."""
    if coding == 'rvl':
        return decode_rvl(data)
    _require_png(data)
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise ValueError('compressed depth is not a readable PNG: is it cut off?')
    if pixels.ndim != 2 or pixels.dtype != np.uint16:
        got = f'{pixels.dtype} of shape {pixels.shape}'
        raise ValueError(f'compressed depth is {got}, expected one channel of 16 bits')
    return pixels.astype(np.uint16, copy=False)


def _require_png(data: memoryview) -> None:
    """Raise ValueError unless this is a PNG of a plausible size; see `require_size`."""
    if data[: len(_PNG)] != _PNG or len(data) < _PNG_HEAD_BYTES:
        raise ValueError('compressed depth is not a PNG: is it cut off?')
    width, height = np.frombuffer(data, '>u4', 2, 16).tolist()
    require_size(width, height, 'compressed depth')


def _depth_of_inverse(
    pixels: NDArray[np.uint16], a: np.float32, b: np.float32
) -> NDArray[np.float32]:
    """Return depth in metres of pixels p = a / depth + b; 0 where p = 0."""
    if not (np.isfinite(a) and np.isfinite(b) and a > 0):
        raise ValueError(f'compressed depth has parameters {a} and {b}, expected a > 0')
    with np.errstate(divide='ignore'):
        depth = a / (pixels.astype(np.float32) - b)
    depth[pixels == 0] = 0
    return depth
