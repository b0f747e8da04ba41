"""Reader of .pcd files of the Point Cloud Library."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, NamedTuple

from dexnet_core.io.files.lzf import decompressed
import numpy as np
from numpy.typing import NDArray

_LONGEST_HEADER = 100
_KINDS = {'F': 'f', 'I': 'i', 'U': 'u'}


class _Header(NamedTuple):
    """Header of a .pcd file.

    Attributes:
        fields: Name, dtype such as '<f4' and count of each field.
        columns: Indices of the fields x, y and z.
        shape: (H, W) of an organised cloud, (n,) of an unorganised one.
        data: Encoding of the points: ascii, binary or binary_compressed.
    """

    fields: list[tuple[str, str, int]]
    columns: list[int]
    shape: tuple[int, ...]
    data: str

    @property
    def points(self) -> int:
        return int(np.prod(self.shape))

    @property
    def dtype(self) -> np.dtype[np.void]:
        return np.dtype([(name, kind, (count,)) for name, kind, count in self.fields])


def read_pcd(path: Path) -> NDArray[np.generic]:
    """Read the (n, 3) points, or (H, W, 3) of an organised cloud.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file is not a .pcd file, is cut off, or has no x, y, z.
    """
    with path.open('rb') as file:
        try:
            header = _read_header(file)
            points = _READERS[header.data](file, header)
            return points.reshape(*header.shape, 3)
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise ValueError(f'{path} is not a .pcd cloud: {error}') from error


def _read_header(file: BinaryIO) -> _Header:
    entries: dict[str, list[str]] = {}
    for _ in range(_LONGEST_HEADER):
        words = file.readline().decode('utf-8', 'replace').partition('#')[0].split()
        if words:
            entries[words[0].upper()] = words[1:]
        if 'DATA' in entries:
            break
    missing = {'FIELDS', 'SIZE', 'TYPE', 'DATA'} - entries.keys()
    if missing or not {'POINTS', 'WIDTH'} & entries.keys():
        raise ValueError(f'its header has no {", ".join(sorted(missing)) or "POINTS"}')
    names = [name.lower() for name in entries['FIELDS']]
    if not set('xyz') <= set(names):
        raise ValueError(f'it has {", ".join(names)}, expected x, y, z')
    counts = map(int, entries.get('COUNT', ['1'] * len(names)))
    fields = [
        (str(place), f'<{_KINDS[kind]}{size}', count)
        for place, (kind, size, count) in enumerate(
            zip(entries['TYPE'], entries['SIZE'], counts, strict=True)
        )
    ]
    data = entries['DATA'][0].lower()
    if data not in _READERS:
        raise ValueError(f'its data are {data}, expected {" or ".join(_READERS)}')
    return _Header(fields, [names.index(axis) for axis in 'xyz'], _shape(entries), data)


def _shape(entries: dict[str, list[str]]) -> tuple[int, ...]:
    height = int(entries.get('HEIGHT', ['1'])[0])
    width = int(entries['WIDTH'][0]) if 'WIDTH' in entries else int(entries['POINTS'][0])
    if min(width, height) < 0:
        raise ValueError(f'it is {width}x{height}, expected no negative size')
    return (height, width) if height > 1 else (width,)


def _ascii(file: BinaryIO, header: _Header) -> NDArray[np.float64]:
    starts = np.cumsum([0] + [count for _, _, count in header.fields])
    columns = [starts[column] for column in header.columns]
    rows = [words for words in map(bytes.split, file) if words][: header.points]
    _require_count(len(rows), header)
    return np.array([[row[column] for column in columns] for row in rows], float)


def _binary(file: BinaryIO, header: _Header) -> NDArray[np.generic]:
    kind = header.dtype
    data = file.read(header.points * kind.itemsize)
    _require_count(len(data) // kind.itemsize, header)
    rows = np.frombuffer(data, kind)
    return np.stack([rows[str(column)][:, 0] for column in header.columns], axis=1)


def _compressed(file: BinaryIO, header: _Header) -> NDArray[np.generic]:
    """Read LZF-compressed points, which are stored field by field."""
    packed, whole = (int(size) for size in np.frombuffer(file.read(8), '<u4'))
    expected = header.points * header.dtype.itemsize
    if whole != expected:
        raise ValueError(f'it has {whole} bytes of points, expected {expected} from its header')
    data = decompressed(file.read(packed), whole)
    starts = np.cumsum([0] + [np.dtype(kind).itemsize * count for _, kind, count in header.fields])
    parts = [
        np.frombuffer(data, kind, header.points * count, int(starts[place]) * header.points)
        for place, (_, kind, count) in enumerate(header.fields)
        if place in header.columns
    ]
    order = np.argsort(np.argsort(header.columns))
    return np.stack([parts[place].reshape(header.points, -1)[:, 0] for place in order], axis=1)


def _require_count(got: int, header: _Header) -> None:
    if got != header.points:
        raise ValueError(f'it holds {got} points, expected {header.points} from its header')


_READERS = {'ascii': _ascii, 'binary': _binary, 'binary_compressed': _compressed}
