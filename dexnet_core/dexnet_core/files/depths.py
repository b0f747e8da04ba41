"""Depth images from the files that people have."""

from __future__ import annotations

from pathlib import Path

from dexnet_core.files.atomic import read_array
from dexnet_core.files.images import read_image
from dexnet_core.geometry.camera import depth_from_image, one_channel
import numpy as np
from numpy.typing import NDArray


def read_depth(path: Path, scale: float = 0.0) -> NDArray[np.float32]:
    """Read (H, W) float32 metres, 0 where nothing was seen.

    Args:
        path: A .npy file or an image; floating point is metres.
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
    image = read_array(path) if path.suffix == '.npy' else read_image(path)
    try:
        return one_channel(image)
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error


def metres_of(stored: NDArray[np.generic], path: Path, scale: float) -> NDArray[np.float32]:
    """Return (H, W) float32 metres of what was stored in a file; see `read_depth`."""
    try:
        return depth_from_image(stored, scale)
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error
