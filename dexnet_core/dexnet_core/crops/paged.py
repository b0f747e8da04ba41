"""Arrays on disk of which only the pages that are read are in memory."""

from __future__ import annotations

import mmap
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_PAGE = 4096
_KEPT_BYTES = 32 << 20


class PagedRows:
    """The rows of a .npy file, mapped into memory.

    The pages lie in the system's cache: processes that map the same file share them. What was
    read is let go again after a while, so that a process does not grow with the file.
    """

    def __init__(self, path: Path) -> None:
        """Map a file.

        Raises:
            ValueError: The file is not an array of rows.
        """
        try:
            rows = np.load(path, mmap_mode='r', allow_pickle=False)
        except FileNotFoundError:
            raise
        except Exception as error:  # numpy raises many kinds
            raise ValueError(f'{path} is not an array: {error}') from error
        self._path = path
        self._rows = rows
        self._pages = rows.base
        self._read_bytes = 0
        self._pages.madvise(mmap.MADV_RANDOM)

    def __len__(self) -> int:
        return len(self._rows)

    def __reduce__(self) -> tuple[type[PagedRows], tuple[Path]]:
        return PagedRows, (self._path,)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the whole array."""
        return self._rows.shape

    def read(self, rows: NDArray[np.integer]) -> NDArray[np.generic]:
        """Return a copy of some rows (n,), in the order asked for.

        They are touched in the order of the file, and neighbours are fetched ahead together: a
        batch is as random as it was drawn, but a disk is read in one direction.
        """
        order = np.argsort(rows)
        self._fetch_ahead(rows[order])
        chosen = np.empty((len(rows), *self.shape[1:]), self._rows.dtype)
        chosen[order] = self._rows[rows[order]]
        self._let_go(chosen.nbytes)
        return chosen

    def _fetch_ahead(self, rows: NDArray[np.integer]) -> None:
        """Ask for the pages of ascending rows at once where most between them are wanted."""
        if len(rows) > 1 and rows[-1] - rows[0] < 2 * len(rows):
            width = self._rows[:1].nbytes
            begin = self._rows.offset % mmap.ALLOCATIONGRANULARITY  # of the rows in the map
            first = (begin + int(rows[0]) * width) // mmap.PAGESIZE * mmap.PAGESIZE
            last = begin + int(rows[-1] + 1) * width
            self._pages.madvise(mmap.MADV_WILLNEED, first, last - first)

    def _let_go(self, nbytes: int) -> None:
        """Unmap all pages once many were read; those in the system's cache stay there."""
        self._read_bytes += nbytes
        if self._read_bytes > _KEPT_BYTES:
            self._pages.madvise(mmap.MADV_DONTNEED)
            self._read_bytes = 0


def create_rows(path: Path, shape: tuple[int, ...], dtype: str) -> None:
    """Make a .npy file of zeros whose first row begins with a page, with all its disk space.

    A crop of 32x32 float32 has the size of a page, so that it costs one page to read.

    Raises:
        OSError: There is not enough space.
    """
    item = np.dtype(dtype)
    length = _PAGE - len(np.lib.format.magic(1, 0)) - 2
    facts = {'descr': item.str, 'fortran_order': False, 'shape': shape}
    header = repr(facts).ljust(length - 1) + '\n'
    with path.open('wb') as file:
        file.write(np.lib.format.magic(1, 0) + length.to_bytes(2, 'little') + header.encode())
        file.flush()
        nbytes = int(np.prod(shape, dtype=np.int64)) * item.itemsize
        os.posix_fallocate(file.fileno(), 0, _PAGE + nbytes)


def write_rows(path: Path, first: int, rows: NDArray[np.generic]) -> None:
    """Write rows, from row `first` on, into a file of `create_rows`."""
    with path.open('r+b') as file:
        file.seek(_PAGE + first * rows[:1].nbytes)
        file.write(np.ascontiguousarray(rows).data)
