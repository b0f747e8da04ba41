"""Arrays of .npz files whose array names are not known in advance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def read_archive(path: Path) -> dict[str, NDArray[np.generic]]:
    """Read the arrays of a .npz file by name, without unpickling; object arrays are left out.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file cannot be read.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: _plain(archive, name) for name in archive.files}
    except FileNotFoundError:
        raise
    except Exception as error:  # numpy and zipfile raise many kinds
        raise ValueError(f'{path} cannot be read as .npz: {error}') from error
    return {name: array for name, array in arrays.items() if array is not None}


def read_named(
    path: Path, names: Sequence[str], fits: Callable[[tuple[int, ...]], bool]
) -> NDArray[np.generic]:
    """Read the array of a .npz file that has one of the names, or else the only one that fits.

    Args:
        path: Path of the file.
        names: Names in lower case, in order of preference; the comparison ignores case.
        fits: Returns whether an array of the given shape is a candidate, if no name matches.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file cannot be read, or no array or several arrays match.
    """
    arrays = read_archive(path)
    known = {name.lower(): array for name, array in reversed(arrays.items())}
    for name in names:
        if name in known:
            return known[name]
    fitting = [array for array in arrays.values() if fits(array.shape)]
    if len(fitting) != 1:
        got = ', '.join(f'{name} {array.shape}' for name, array in arrays.items()) or 'nothing'
        raise ValueError(f'{path} has {got}, expected an array named {" or ".join(names)}')
    return fitting[0]


def _plain(archive: np.lib.npyio.NpzFile, name: str) -> NDArray[np.generic] | None:
    """Return an array; None if it holds Python objects."""
    try:
        return archive[name]
    except ValueError as error:
        if 'allow_pickle' in str(error):
            return None
        raise
