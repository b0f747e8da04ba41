"""Arrays on disk of which only the pages that are read are in memory."""

from __future__ import annotations

import mmap
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_PAGE = 4096
_KEPT_ROWS = 4096


class PagedRows:
    """The rows of a .npy file, mapped into memory.

    What is read lies in the system's cache of pages, which processes share. Nothing else grows:
    short rows are copied out of the map, whose pages are let go again after a while; rows of a
    page and more are read into place, as touching one page of a map maps its neighbours too.
    """

    def __init__(self, path: Path) -> None:
        """Map a file.

        Raises:
            ValueError: The file is not an array of rows.
        """
        try:
            self._rows = np.load(path, mmap_mode='r', allow_pickle=False)
        except FileNotFoundError:
            raise
        except Exception as error:  # numpy raises many kinds
            raise ValueError(f'{path} is not an array: {error}') from error
        self._path = path
        self._file = path.open('rb')
        self._touched = 0
        os.posix_fadvise(self._file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)

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

        Raises:
            ValueError: The file has become shorter.
        """
        chosen = np.empty((len(rows), *self.shape[1:]), self._rows.dtype)
        order = np.argsort(rows)
        self._fetch_ahead(rows[order])
        if chosen[:1].nbytes < _PAGE:
            chosen[order] = self._rows[rows[order]]
            self._let_go(len(rows))
        else:
            self._read_into(chosen, order, rows[order])
        return chosen

    def _read_into(
        self, chosen: NDArray[np.generic], places: NDArray[np.intp], rows: NDArray[np.integer]
    ) -> None:
        width, file = chosen[:1].nbytes, self._file.fileno()
        target = memoryview(chosen).cast('B')
        starts = rows.astype(np.int64) * width + self._rows.offset
        for at, start in zip((places * width).tolist(), starts.tolist(), strict=True):
            if os.preadv(file, [target[at : at + width]], start) != width:
                raise ValueError(f'{self._path} ends before byte {start + width}')

    def _fetch_ahead(self, rows: NDArray[np.integer]) -> None:
        """Ask for the pages of ascending rows at once where most between them are wanted."""
        if len(rows) > 1 and rows[-1] - rows[0] < 2 * len(rows):
            width = self._rows[:1].nbytes
            start = self._rows.offset + int(rows[0]) * width
            length = int(rows[-1] + 1 - rows[0]) * width
            os.posix_fadvise(self._file.fileno(), start, length, os.POSIX_FADV_WILLNEED)

    def _let_go(self, count: int) -> None:
        """Unmap all pages once many rows were touched; the system's cache keeps them."""
        self._touched += count
        if self._touched > _KEPT_ROWS:
            self._rows.base.madvise(mmap.MADV_DONTNEED)
            self._touched = 0


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
