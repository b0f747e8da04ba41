"""Depth images from common file formats."""

from __future__ import annotations

import logging
import math
import os
from pathlib import Path

from dexnet_core.geometry.camera import depth_from_image, one_channel
from dexnet_core.geometry.lengths import require_metres
from dexnet_core.io.files.archives import read_named
from dexnet_core.io.files.atomic import read_array
from dexnet_core.io.files.image_files import read_image
import numpy as np
from numpy.typing import NDArray

_LOG = logging.getLogger(__name__)
_NAMES = ('depth', 'depth_image', 'depth_map', 'depths')
_BACKGROUND = 1e5
"""Metres or units; renderers write larger values, up to 1e10, for the background."""
_FAR = 1.5
"""Metres. A larger median depth hints at a unit finer than a millimetre."""
_CLEARED = 0.001
"""Share of pixels that are exactly 1, the background of a z-buffer."""
_LEAST_OF_BUFFER = 0.9
_OF_BUFFER = 'z = near * far / (far - value * (far - near))'
_LARGEST_SCALE = 10.0


def checked_depth_scale(scale: float | None) -> float:
    """Return the metres per unit of the option --depth-scale; 0 if it is not given.

    Raises:
        ValueError: The value is not in (0, 10].
    """
    if scale is None:
        return 0.0
    if not (math.isfinite(scale) and 0 < scale <= _LARGEST_SCALE):
        raise ValueError(
            f'--depth-scale is {scale}, expected metres per unit, such as 0.001 for millimetres'
        )
    return scale


def read_depth(path: Path, scale: float = 0.0) -> NDArray[np.float32]:
    """Read a depth image as (H, W) float32 metres; 0 = no measurement.

    Args:
        path: A .npy or .npz file (array `depth`, or the only image), or a 16-bit or
            floating-point image: .png, .tif, .exr or .pfm.
        scale: Metres per stored unit; 0 = metres for floating point, millimetres for uint16.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file cannot be read, or does not hold a depth image.
    """
    return metres_of(read_stored_depth(path), path, scale)


def read_stored_depth(path: Path) -> NDArray[np.generic]:
    """Read the stored (H, W) values of a depth image, without conversion to metres.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file cannot be read, or does not hold an image with one channel.
    """
    try:
        return one_channel(_without_copies(_stored(path)))
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error


def metres_of(
    stored: NDArray[np.generic], path: Path, scale: float, usual: float = 0.0
) -> NDArray[np.float32]:
    """Convert stored depth to (H, W) float32 metres; 0 = no measurement.

    Args:
        stored: (H, W) stored values.
        path: Path of the file, for messages.
        scale: Metres per stored unit, given by the user; 0 = not given.
        usual: Metres per unit of integers if the user gives no scale; 0 = unknown.

    Raises:
        ValueError: The values are not lengths, or cannot be in the expected unit.
    """
    try:
        if not scale:
            _require_lengths(stored)
        is_integer = stored.dtype.kind in 'iu'
        depth = depth_from_image(stored, scale or (usual if is_integer else 0.0))
        if stored.dtype == np.uint16:
            depth[stored == np.iinfo(np.uint16).max] = 0  # some programs mark invalid pixels so
        middle = _require_metres(depth)
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error
    if not (is_integer or scale) and _is_near_one(depth):
        _LOG.warning('%s is 0.9 to 1 throughout: if it is a z-buffer, %s', path, _OF_BUFFER)
    if is_integer and not (scale or usual) and middle > _FAR:
        _LOG.warning(
            '%s is read as millimetres, and its median depth is %.1f m: if the unit is another, '
            'give the metres per unit with --depth-scale, such as 0.00025 for an L515',
            *(path, middle),
        )
    return depth


def _stored(path: Path) -> NDArray[np.generic]:
    if path.suffix.lower() == '.npy':
        return read_array(path)
    if path.suffix.lower() == '.npz':
        return read_named(path, _NAMES, _is_image)
    if path.suffix.lower() == '.exr':
        os.environ.setdefault('OPENCV_IO_ENABLE_OPENEXR', '1')  # OpenCV reads it only once
    try:
        return read_image(path)
    except ValueError as error:
        if path.suffix.lower() != '.exr':
            raise
        hint = 'this OpenCV has no .exr support: save it as .npy or as .tif of 32 bits'
        raise ValueError(f'{error}; {hint}') from error


def _is_image(shape: tuple[int, ...]) -> bool:
    flat = [side for side in shape if side != 1]
    return len(shape) in (2, 3) and len(flat) == 2 and min(flat) > 4


def _without_copies(image: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return one channel of an image whose channels are equal; colour images are refused."""
    if image.ndim != 3 or not 2 <= image.shape[2] <= 4:
        return image
    colours = image[..., :3] if image.shape[2] > 2 else image[..., :1]
    if np.array_equal(colours, np.broadcast_to(colours[..., :1], colours.shape)):
        return image[..., 0]
    if image.dtype.kind == 'f':
        hint = 'are they points, which --cloud reads?'
    else:
        hint = 'a colour image, also a coloured depth map, holds no lengths'
    raise ValueError(
        f'it has shape {image.shape} of {image.dtype}, expected one channel of depth: {hint}'
    )


def _require_lengths(stored: NDArray[np.generic]) -> None:
    """Raise ValueError if the values are 8-bit grey levels, a z-buffer, or depth along -z."""
    if stored.dtype.kind == 'u' and stored.dtype.itemsize == 1:
        raise ValueError(
            f'it has 8 bits, {stored.min()} to {stored.max()}: a grey image of depth holds no '
            'lengths, expected 16 bits or floating point; with --depth-scale it is read as lengths'
        )
    if stored.dtype.kind not in 'if':
        return
    seen = stored[np.isfinite(stored) & (stored != 0)]
    if not seen.size:
        return
    if seen.max() < 0:
        raise ValueError('every depth is negative, as OpenGL looks along -z: save -depth instead')
    if stored.dtype.kind == 'f' and seen.min() >= 0 and seen.max() == 1:
        share = np.count_nonzero(seen == 1) / stored.size
        if share > _CLEARED and seen.size > 1 and seen.min() < 1:
            raise ValueError(
                f'it is {seen.min():.3g} to 1, and {share:.1%} is exactly 1: is it a z-buffer? '
                f'Expected metres, {_OF_BUFFER}; with --depth-scale 1 it is read as metres'
            )


def _is_near_one(depth: NDArray[np.float32]) -> bool:
    """Return whether all depth is 0.9 to 1, which is typical of a z-buffer, not of metres."""
    seen = depth[depth > 0]
    return bool(seen.size and seen.min() >= _LEAST_OF_BUFFER and seen.max() <= 1)


def _require_metres(depth: NDArray[np.float32]) -> float:
    """Return the median depth, 0 without any; raise ValueError if it cannot be metres."""
    seen = depth[(depth > 0) & (depth < _BACKGROUND)]
    try:
        require_metres(seen, 'it')
    except ValueError as error:
        raise ValueError(f'{error} Then give --depth-scale, the metres per unit') from error
    return float(np.median(seen)) if seen.size else 0.0
