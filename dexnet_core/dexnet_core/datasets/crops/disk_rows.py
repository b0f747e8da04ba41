"""Memory-mapped arrays with a small memory footprint."""

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
    """The rows of a memory-mapped .npy file.

    The data stays in the page cache of the system, which processes share. Contiguous rows are
    copied from the map, and its pages are then released. Scattered rows are read with `preadv`,
    because access to one page of a map also maps many pages around it.
    """

    def __init__(self, path: Path) -> None:
        """Map a file.

        Raises:
            FileNotFoundError: The file does not exist.
            ValueError: The file is not an array.
        """
        try:
            self._rows: np.memmap[tuple[int, ...], np.dtype[Number]] = np.load(
                path, mmap_mode='r', allow_pickle=False
            )
        except FileNotFoundError:
            raise
        except Exception as error:  # numpy raises many exception types
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
        """Shape of the whole array."""
        return self._rows.shape

    def read(self, rows: NDArray[np.integer]) -> NDArray[Number]:
        """Return a copy of some rows (n,), in the requested order.

        Scattered rows are prefetched in file order before the first one is read, so the disk can
        fetch the pages in parallel and in one direction.

        Raises:
            ValueError: The file has been truncated.
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
        """Return rows of the range [first, stop), copied from the map."""
        end = self._rows.offset + stop * self._rows[:1].nbytes
        if os.fstat(self._file.fileno()).st_size < end:  # access would raise SIGBUS
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
        for start in starts if width >= _PAGE else ():  # prefetch only rows of a page or more
            os.posix_fadvise(file, start, width, os.POSIX_FADV_WILLNEED)
        for at, start in zip((places * width).tolist(), starts, strict=True):
            if os.preadv(file, [target[at : at + width]], start) != width:
                raise ValueError(f'{self._path} ends before byte {start + width}')


def create_rows(path: Path, shape: tuple[int, ...], dtype: str) -> None:
    """Create a .npy file of zeros with page-aligned rows, and allocate its disk space.

    A crop of 32x32 float32 has the size of a page, so one page is read per crop.

    Raises:
        OSError: There is not enough disk space.
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
    """Write rows to a file of `create_rows`, starting at row `first`."""
    with path.open('r+b') as file:
        file.seek(_PAGE + first * rows[:1].nbytes)
        file.write(np.ascontiguousarray(rows).data)
