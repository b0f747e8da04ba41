"""Atomic writing of files: a file is complete, or it does not appear."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
import os
from pathlib import Path
import shutil
from typing import Any

import numpy as np
from numpy.typing import NDArray

_OF_OBJECTS = (
    'it holds Python objects, such as a dictionary, which may run code; save each array alone '
    'with np.save, or several with np.savez'
)


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it is renamed to `path` if the block succeeds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f'.{path.stem}.{os.getpid()}{path.suffix}')
    try:
        yield scratch
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically."""
    with atomic_path(path) as scratch:
        scratch.write_text(text)


def copy_file(source: Path, path: Path) -> None:
    """Copy a file atomically."""
    with atomic_path(path) as scratch:
        shutil.copyfile(source, scratch)


def write_array(path: Path, array: NDArray[np.generic]) -> None:
    """Write a plain .npy file atomically."""
    with atomic_path(path) as scratch:
        np.save(scratch, array, allow_pickle=False)


def read_array(path: Path, shape: Sequence[int | None] | None = None) -> NDArray[np.generic]:
    """Read a plain .npy file, without unpickling.

    Args:
        path: Path of the file.
        shape: Required shape; an entry of None accepts any length, None any shape.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file does not hold one plain array, or the shape differs.
    """
    try:
        array = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise
    except Exception as error:  # numpy, zipfile and tokenize raise many kinds
        reason = _OF_OBJECTS if 'allow_pickle' in str(error) else error
        raise ValueError(f'{path} is not a plain .npy array: {reason}') from error
    if not isinstance(array, np.ndarray):
        raise ValueError(f'{path} holds several arrays, expected one plain .npy array')
    if shape is not None and (
        array.ndim != len(shape)
        or any(want not in (None, got) for got, want in zip(array.shape, shape, strict=True))
    ):
        raise ValueError(f'{path} has shape {array.shape}, expected {tuple(shape)}')
    return array


def write_arrays(path: Path, **arrays: NDArray[np.generic]) -> None:
    """Write a compressed .npz file atomically."""
    with atomic_path(path) as scratch:
        named: dict[str, Any] = dict(arrays)
        np.savez_compressed(scratch, **named)


def read_arrays(path: Path, *names: str) -> tuple[NDArray[Any], ...]:
    """Read arrays of a .npz file with their stored dtypes, without unpickling.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file is not a .npz file, or an array is missing.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            if not set(names) <= set(archive.files):
                raise ValueError(f'it has {", ".join(archive.files) or "none"}')
            return tuple(archive[name] for name in names)
    except FileNotFoundError:
        raise
    except Exception as error:  # numpy and zipfile raise many kinds
        raise ValueError(f'{path} does not hold arrays {", ".join(names)}: {error}') from error
