"""Depth images from the files that people have."""

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
"""Metres or units; renderers write such depths, up to 1e10, where there is nothing."""
_FAR = 1.5
"""Metres; few tables are so far away, and cameras with finer units seem to see them there."""
_CLEARED = 0.001
"""Share of an image that is exactly 1 where a z-buffer has no surface."""
_LEAST_OF_BUFFER = 0.9
_OF_BUFFER = 'z = near * far / (far - value * (far - near))'
_LARGEST_SCALE = 10.0


def asked_scale(scale: float | None) -> float:
    """Return metres per stored unit as the option --depth-scale says; 0 where it is not given.

    Raises:
        ValueError: It is no length.
    """
    if scale is None:
        return 0.0
    if not (math.isfinite(scale) and 0 < scale <= _LARGEST_SCALE):
        raise ValueError(
            f'--depth-scale is {scale}, expected metres per unit, such as 0.001 for millimetres'
        )
    return scale


def read_depth(path: Path, scale: float = 0.0) -> NDArray[np.float32]:
    """Read (H, W) float32 metres, 0 where nothing was seen.

    Args:
        path: A .npy or .npz file (array `depth`, or the only image), or an image of 16 bits or
            of floating point: .png, .tif, .exr or .pfm.
        scale: Metres per stored unit; 0 for metres of floating point, millimetres of uint16.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file cannot be read, or holds no depth image.
    """
    return metres_of(read_stored_depth(path), path, scale)


def read_stored_depth(path: Path) -> NDArray[np.generic]:
    """Read (H, W) numbers as they are stored.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file cannot be read, or holds no image of one channel.
    """
    try:
        return one_channel(_without_copies(_stored(path)))
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error


def metres_of(
    stored: NDArray[np.generic], path: Path, scale: float, usual: float = 0.0
) -> NDArray[np.float32]:
    """Return (H, W) float32 metres.

    Args:
        stored: (H, W), as it was read.
        path: Where from.
        scale: Metres per stored unit, as a person says; 0 for nobody does.
        usual: Metres per unit where nobody does and the numbers are integers; 0 if unknown.

    Raises:
        ValueError: The numbers are not lengths, or not of the units that they should be of.
    """
    try:
        if not scale:
            _require_lengths(stored)
        is_integer = stored.dtype.kind in 'iu'
        depth = depth_from_image(stored, scale or (usual if is_integer else 0.0))
        if stored.dtype == np.uint16:
            depth[stored == np.iinfo(np.uint16).max] = 0  # some write what was not seen so
        middle = _require_metres(depth)
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error
    if not (is_integer or scale) and _is_near_one(depth):
        _LOG.warning('%s is 0.9 to 1 throughout: if it is a z-buffer, %s', path, _OF_BUFFER)
    if is_integer and not (scale or usual) and middle > _FAR:
        _LOG.warning(
            '%s is taken to be in millimetres, and half of it is over %.1f m away: --depth-scale '
            'says how many metres a unit is, such as 0.00025 of an L515',
            *(path, middle),
        )
    return depth


def _stored(path: Path) -> NDArray[np.generic]:
    if path.suffix.lower() == '.npy':
        return read_array(path)
    if path.suffix.lower() == '.npz':
        return read_named(path, _NAMES, _is_image)
    if path.suffix.lower() == '.exr':
        os.environ.setdefault('OPENCV_IO_ENABLE_OPENEXR', '1')  # read with the first image
    try:
        return read_image(path)
    except ValueError as error:
        if path.suffix.lower() != '.exr':
            raise
        hint = 'this OpenCV cannot: write it as .npy or as .tif of 32 bits'
        raise ValueError(f'{error}; {hint}') from error


def _is_image(shape: tuple[int, ...]) -> bool:
    flat = [side for side in shape if side != 1]
    return len(shape) in (2, 3) and len(flat) == 2 and min(flat) > 4


def _without_copies(image: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return one channel of several that are alike; an image of colours is refused."""
    if image.ndim != 3 or not 2 <= image.shape[2] <= 4:
        return image
    colours = image[..., :3] if image.shape[2] > 2 else image[..., :1]
    if np.array_equal(colours, np.broadcast_to(colours[..., :1], colours.shape)):
        return image[..., 0]
    if image.dtype.kind == 'f':
        hint = 'are they points, which --cloud reads?'
    else:
        hint = 'a picture in colours, also one of depth, holds no lengths'
    raise ValueError(
        f'it has shape {image.shape} of {image.dtype}, expected one channel of depth: {hint}'
    )


def _require_lengths(stored: NDArray[np.generic]) -> None:
    """Raise ValueError if the numbers are of a picture, of a z-buffer, or along -z."""
    if stored.dtype.kind == 'u' and stored.dtype.itemsize == 1:
        raise ValueError(
            f'it has 8 bits, {stored.min()} to {stored.max()}: a grey picture of depth holds no '
            'lengths, expected 16 bits or floating point; --depth-scale takes it as lengths'
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
                f'Expected metres, {_OF_BUFFER}; --depth-scale 1 takes it as metres'
            )


def _is_near_one(depth: NDArray[np.float32]) -> bool:
    """Tell whether all that was seen is 0.9 to 1: in metres few scenes are so flat."""
    seen = depth[depth > 0]
    return bool(seen.size and seen.min() >= _LEAST_OF_BUFFER and seen.max() <= 1)


def _require_metres(depth: NDArray[np.float32]) -> float:
    """Return the middle of depths in metres, 0 of none; raise ValueError if it is none."""
    seen = depth[(depth > 0) & (depth < _BACKGROUND)]
    try:
        require_metres(seen, 'it')
    except ValueError as error:
        raise ValueError(f'{error} Then give --depth-scale, the metres per unit') from error
    return float(np.median(seen)) if seen.size else 0.0
