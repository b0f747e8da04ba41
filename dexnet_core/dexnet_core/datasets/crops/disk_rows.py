"""Arrays on disk of which only the pages that are read are in memory."""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import cast, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Number = TypeVar('Number', bound=np.number)

_PAGE = 4096


class DiskRows(Generic[Number]):
    """The rows of a .npy file, mapped into memory.

    What is read lies in the system's cache of pages, which processes share, and nothing else
    grows: rows that lie together are copied out of the map, whose pages are then let go; rows
    that are scattered are read into place, as touching one page of a map maps many around it.
    """

    def __init__(self, path: Path) -> None:
        """Map a file.

        Raises:
            ValueError: The file is not an array of rows.
        """
        try:
            self._rows: np.memmap[tuple[int, ...], np.dtype[Number]] = np.load(
                path, mmap_mode='r', allow_pickle=False
            )
        except FileNotFoundError:
            raise
        except Exception as error:  # numpy raises many kinds
            raise ValueError(f'{path} is not an array: {error}') from error
        self._path = path
        self._file = path.open('rb')
        os.posix_fadvise(self._file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)

    def __len__(self) -> int:
        return len(self._rows)

    def __reduce__(self) -> tuple[type[DiskRows[Number]], tuple[Path]]:
        return DiskRows, (self._path,)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the whole array."""
        return self._rows.shape

    def read(self, rows: NDArray[np.integer]) -> NDArray[Number]:
        """Return a copy of some rows (n,), in the order asked for.

        Scattered rows are all asked for before the first one is waited for, in the order of the
        file: a batch is as random as it was drawn, but a disk fetches its pages side by side in
        one direction.

        Raises:
            ValueError: The file has become shorter.
        """
        if not len(rows):
            return np.array(self._rows[:0])
        order = np.argsort(rows)
        if rows[order[-1]] - rows[order[0]] < 2 * len(rows):
            return self._copied(rows, int(rows[order[0]]), int(rows[order[-1]]) + 1)
        chosen = np.empty((len(rows), *self.shape[1:]), self._rows.dtype)
        self._read_into(chosen, order, rows[order])
        return chosen

    def _copied(self, rows: NDArray[np.integer], first: int, stop: int) -> NDArray[Number]:
        """Return rows that lie between two near ones."""
        end = self._rows.offset + stop * self._rows[:1].nbytes
        if os.fstat(self._file.fileno()).st_size < end:  # reading such a map kills the process
            raise ValueError(f'{self._path} ends before byte {end}')
        chosen: NDArray[Number] = np.asarray(self._rows[first:stop])[rows - first]
        cast('mmap.mmap', self._rows.base).madvise(mmap.MADV_DONTNEED)
        return chosen

    def _read_into(
        self, chosen: NDArray[Number], places: NDArray[np.intp], rows: NDArray[np.integer]
    ) -> None:
        width, file = chosen[:1].nbytes, self._file.fileno()
        target = chosen.data.cast('B')
        starts = (rows.astype(np.int64) * width + self._rows.offset).tolist()
        for start in starts if width >= _PAGE else ():  # short rows come with their page
            os.posix_fadvise(file, start, width, os.POSIX_FADV_WILLNEED)
        for at, start in zip((places * width).tolist(), starts, strict=True):
            if os.preadv(file, [target[at : at + width]], start) != width:
                raise ValueError(f'{self._path} ends before byte {start + width}')


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
