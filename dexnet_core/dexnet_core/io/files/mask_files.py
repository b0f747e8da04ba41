"""Masks and labels from common file formats."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TypeVar

from dexnet_core.io.files.archives import read_named
from dexnet_core.io.files.atomic import read_array
from dexnet_core.io.files.image_files import read_image
from dexnet_core.io.files.palettes import read_indices
from dexnet_core.planning.perception.masks import Selection, selection_of
import numpy as np
from numpy.typing import NDArray

Pixel = TypeVar('Pixel', bound=np.generic)
_LOG = logging.getLogger(__name__)
_NAMES = ('mask', 'segmap', 'seg', 'segmentation', 'segmask', 'labels', 'label', 'masks')


def read_selection(path: Path, shape: tuple[int, ...], label: int | None = None) -> Selection:
    """Read the mask or labels of an image or cloud; doubts are logged as warnings.

    Args:
        path: A .npy file, a .npz file (array `mask` or `segmap`, or the only one) or an image;
            see `selection_of`. In a PNG with a palette, the palette indices are the labels.
        shape: (H, W) of the image or (n,) of the cloud. A flat mask is reshaped to (H, W), and an
            image mask to (n,), if the number of values is equal.
        label: The only object that may be grasped; None = all objects.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file cannot be read, is not a mask, or does not have the label.
    """
    try:
        found = selection_of(_stored(path), label)
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error
    if found.note:
        _LOG.warning('%s: %s', path, found.note)
    return Selection(_in_shape(found.mask, shape), _in_shape(found.labels, shape))


def _stored(path: Path) -> NDArray[np.generic]:
    if path.suffix.lower() == '.npy':
        return read_array(path)
    if path.suffix.lower() == '.npz':
        return read_named(path, _NAMES, lambda shape: len(shape) in (1, 2, 3))
    image = read_image(path)
    indices = read_indices(path)
    return image if indices is None else indices


def _in_shape(values: NDArray[Pixel] | None, shape: tuple[int, ...]) -> NDArray[Pixel] | None:
    if values is None or values.size != np.prod(shape):
        return values
    is_row = 1 in (len(shape), values.ndim) or 1 in values.shape
    return values.reshape(shape) if is_row else values
