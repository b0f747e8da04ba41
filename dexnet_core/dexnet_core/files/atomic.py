"""Files that are there whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a scratch path beside `path` that takes its place once the block has succeeded."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f'.{path.stem}.{os.getpid()}{path.suffix}')
    try:
        yield scratch
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    with atomic_path(path) as scratch:
        scratch.write_text(text)


def write_arrays(path: Path, **arrays: NDArray[np.generic]) -> None:
    """Write a compressed .npz file, whole or not at all."""
    with atomic_path(path) as scratch:
        np.savez_compressed(scratch, **arrays)


def read_arrays(path: Path, *names: str) -> tuple[NDArray[np.generic], ...]:
    """Read arrays of a .npz file, never unpickling.

    Raises:
        ValueError: The file is not such an archive, or an array is missing.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            return tuple(archive[name] for name in names)
    except FileNotFoundError:
        raise
    except Exception as error:  # numpy and zipfile raise many kinds
        raise ValueError(f'{path} does not hold arrays {", ".join(names)}: {error}') from error
