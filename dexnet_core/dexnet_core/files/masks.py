"""Masks from the files that people have."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dexnet_core.files.atomic import read_array
from dexnet_core.files.images import read_image
import numpy as np
from numpy.typing import NDArray


def read_mask(path: Path) -> NDArray[np.bool_]:
    """Read (H, W) True where the image or array is not 0.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file cannot be read, or has more than one channel.
    """
    return _read_mask(path, (2,), '(height, width)')


def read_cloud_mask(path: Path) -> NDArray[np.bool_]:
    """Read (n,) or (H, W) True where the array or image is not 0; see `read_mask`."""
    return _read_mask(path, (1, 2), '(n,) or (height, width)')


def _read_mask(path: Path, dimensions: Sequence[int], expected: str) -> NDArray[np.bool_]:
    image = read_array(path) if path.suffix == '.npy' else read_image(path)
    if image.ndim == 3 and (image == image[..., :1]).all():
        image = image[..., 0]
    if image.ndim not in dimensions:
        raise ValueError(f'{path} has shape {image.shape}, expected a mask {expected}')
    return image != 0
