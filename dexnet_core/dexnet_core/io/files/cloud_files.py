"""Point clouds from common file formats."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from dexnet_core.io.files.archives import read_archive, read_named
from dexnet_core.io.files.atomic import read_array
from dexnet_core.io.files.pcd import read_pcd
from dexnet_core.io.files.ply import read_ply
from dexnet_core.io.files.point_rows import read_rows
import numpy as np
from numpy.typing import NDArray

CLOUD_FILES = '.npy, .npz (`cloud`, `points`, `xyz`, `pc_full`), .ply, .pcd, .xyz, .txt or .csv'
_NAMES = (
    *('cloud', 'points', 'xyz', 'pc', 'pc_full', 'pcd', 'point_cloud', 'pointcloud', 'pts'),
    *('points_xyz', 'coords', 'vertices'),
)
_DEPTHS = ('depth', 'depth_image')
_MOST_COLUMNS = 16
"""Largest number of values per point: x, y, z and then colour, normal or others."""


def read_cloud(path: Path) -> NDArray[np.generic]:
    """Read the (n, 3) points of a cloud, or (H, W, 3) of an organised one, in stored units.

    Args:
        path: .ply whose vertices have x, y and z; .pcd; text with one row per point (.xyz, .txt,
            .csv, .asc, .pts); .npy, or .npz with an array of a common name. See `points_of` for
            the shapes.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file cannot be read, or has another format.
    """
    read = _READERS.get(path.suffix.lower())
    if read is None:
        raise ValueError(f'cloud {path} ends in {path.suffix!r}, expected {CLOUD_FILES}')
    stored = read(path)
    try:
        return points_of(stored)
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error


def points_of(array: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return the (n, 3) or (H, W, 3) points of an array.

    Args:
        array: One of these layouts. x, y, z are the first values of the last axis: (n, 3) or
            (H, W, 3), with up to 16 values per point, such as colour or a homogeneous 1. Or they
            are the first axis: (3, n), (3, H, W) or homogeneous (4, n). Or it is a structured
            array, (n,) or (H, W), with the fields x, y and z.

    Raises:
        ValueError: The array has another layout or dtype.
    """
    if array.dtype.names:
        return _of_fields(array, array.dtype.names)
    while array.ndim > 2 and array.shape[0] == 1:
        array = array[0]
    if array.dtype.kind not in 'fiu' or array.dtype == np.uint8:
        hint = ': is it an image?' if array.dtype == np.uint8 and array.ndim > 1 else ''
        raise ValueError(f'it has {array.shape} of {array.dtype}, expected lengths{hint}')
    if array.ndim in (2, 3) and _is_first(array):
        array = np.moveaxis(array, 0, -1)
    if array.ndim in (2, 3) and 3 <= array.shape[-1] <= _MOST_COLUMNS:
        return array[..., :3]
    hint = ': is it a depth image, which --depth reads?' if array.ndim == 2 else ''
    raise ValueError(f'it has shape {array.shape}, expected (n, 3) or (H, W, 3){hint}')


def _of_fields(array: NDArray[Any], fields: tuple[str, ...]) -> NDArray[np.generic]:
    names = {name.lower(): name for name in fields}
    if not set('xyz') <= names.keys():
        raise ValueError(f'it has fields {", ".join(fields)}, expected x, y, z')
    return np.stack([array[names[axis]] for axis in 'xyz'], axis=-1)


def _is_first(array: NDArray[np.generic]) -> bool:
    """Return whether x, y, z are the first axis: it is short, and the last axis is long."""
    if array.shape[-1] <= _MOST_COLUMNS:
        return False
    homogeneous = array.ndim == 2 and array.shape[0] == 4 and bool((array[3] == 1).all())
    return array.shape[0] == 3 or homogeneous


def _read_archive(path: Path) -> NDArray[np.generic]:
    names = {name.lower() for name in read_archive(path)}
    if names.isdisjoint(_NAMES) and not names.isdisjoint(_DEPTHS):
        raise ValueError(f'{path} has a depth image and no points: --depth {path} reads it')
    return read_named(path, _NAMES, _may_be_points)


def _may_be_points(shape: tuple[int, ...]) -> bool:
    return len(shape) in (2, 3) and 3 in (shape[0], shape[-1]) and max(shape) > _MOST_COLUMNS


_READERS: dict[str, Callable[[Path], NDArray[np.generic]]] = {
    '.ply': read_ply,
    '.pcd': read_pcd,
    '.npy': read_array,
    '.npz': _read_archive,
    **dict.fromkeys(('.xyz', '.txt', '.csv', '.asc', '.pts'), read_rows),
}
