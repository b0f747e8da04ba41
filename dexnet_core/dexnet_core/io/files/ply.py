"""Reader of points from .ply files, and writer of coloured meshes."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

from dexnet_core.io.files.atomic import atomic_path
import numpy as np
from numpy.typing import NDArray

_TYPES = {
    **dict.fromkeys(('char', 'int8'), 'i1'),
    **dict.fromkeys(('uchar', 'uint8'), 'u1'),
    **dict.fromkeys(('short', 'int16'), 'i2'),
    **dict.fromkeys(('ushort', 'uint16'), 'u2'),
    **dict.fromkeys(('int', 'int32'), 'i4'),
    **dict.fromkeys(('uint', 'uint32'), 'u4'),
    **dict.fromkeys(('float', 'float32'), 'f4'),
    **dict.fromkeys(('double', 'float64'), 'f8'),
}
_ORDERS = {'ascii': '', 'binary_little_endian': '<', 'binary_big_endian': '>'}
_LONGEST_HEADER = 1000


def read_ply(path: Path) -> NDArray[np.generic]:
    """Read the (n, 3) points of the first element that has x, y and z.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file is not a .ply file, is cut off, or has no such element.
    """
    with path.open('rb') as file:
        try:
            header = _read_header(file)
            element = _find_points(header)
            rows = _read_rows(file, header, element)
        except (ValueError, KeyError, IndexError) as error:
            raise ValueError(f'{path} is not a .ply cloud: {error}') from error
    if len(rows) != element.size:
        raise ValueError(
            f'{path} holds {len(rows)} points, expected {element.size} from its header'
        )
    return rows


def write_mesh(
    path: Path,
    corners: NDArray[np.floating],
    colours: NDArray[np.uint8],
    faces: NDArray[np.integer],
) -> None:
    """Write a binary .ply file atomically.

    Args:
        path: Path of the file.
        corners: (n, 3) vertices in metres; vertices without a face are points.
        colours: (n, 3) uint8 RGB.
        faces: (m, 3) indices of vertices.
    """
    corner = np.dtype([(axis, '<f4') for axis in 'xyz'] + [('colour', 'u1', 3)])
    rows = np.empty(len(corners), corner)
    for axis, values in zip('xyz', np.asarray(corners, float).T, strict=True):
        rows[axis] = values
    rows['colour'] = colours
    triangles = np.empty(len(faces), [('count', 'u1'), ('corners', '<i4', 3)])
    triangles['count'], triangles['corners'] = 3, faces
    header = ['ply', 'format binary_little_endian 1.0', f'element vertex {len(rows)}']
    header += [f'property float {axis}' for axis in 'xyz']
    header += [f'property uchar {colour}' for colour in ('red', 'green', 'blue')]
    header += [f'element face {len(faces)}', 'property list uchar int vertex_indices']
    text = '\n'.join([*header, 'end_header', '']).encode()
    with atomic_path(path) as scratch:
        scratch.write_bytes(text + rows.tobytes() + triangles.tobytes())


class _Property(NamedTuple):
    """A scalar property of an element, or a list property with a count (`count_kind`)."""

    name: str
    kind: str
    count_kind: str = ''


class _Element(NamedTuple):
    name: str
    size: int
    properties: list[_Property]

    @property
    def has_lists(self) -> bool:
        return any(one.count_kind for one in self.properties)

    def dtype(self, order: str) -> np.dtype:
        """Return the dtype of a row without lists; fields are numbered, as names may repeat."""
        return np.dtype([(str(k), order + one.kind) for k, one in enumerate(self.properties)])

    def columns(self) -> list[int]:
        """Return the indices of x, y and z."""
        names = [one.name.lower() for one in self.properties]
        return [names.index(axis) for axis in 'xyz']


class _Header(NamedTuple):
    order: str
    elements: list[_Element]


def _read_header(file: BinaryIO) -> _Header:
    if file.readline().strip() != b'ply':
        raise ValueError('the first line is not ply')
    order, elements = '', []
    for _ in range(_LONGEST_HEADER):
        words = file.readline().decode('utf-8', 'replace').split()
        if words[:1] == ['end_header']:
            break
        if words[:1] == ['format']:
            order = words[1]
        elif words[:1] == ['element']:
            elements.append(_Element(words[1], int(words[2]), []))
        elif words[:2] == ['property', 'list']:
            kinds = _TYPES[words[3]], _TYPES[words[2]]
            elements[-1].properties.append(_Property(words[4], *kinds))
        elif words[:1] == ['property']:
            elements[-1].properties.append(_Property(words[2], _TYPES[words[1]]))
    if order not in _ORDERS:
        raise ValueError(f'format {order!r}, expected one of {", ".join(_ORDERS)}')
    return _Header(order, elements)


def _find_points(header: _Header) -> _Element:
    for element in header.elements:
        names = {one.name.lower() for one in element.properties if not one.count_kind}
        if set('xyz') <= names:
            return element
    got = [f'{element.name} {[p.name for p in element.properties]}' for element in header.elements]
    raise ValueError(f'it has {", ".join(got) or "no element"}, expected x, y, z')


def _read_rows(file: BinaryIO, header: _Header, points: _Element) -> NDArray[np.generic]:
    before = header.elements[: header.elements.index(points)]
    if header.order == 'ascii':
        lines = (line for line in file if line.strip())
        skipped = sum(element.size for element in before if element.properties)
        return _text_rows(islice(lines, skipped, skipped + points.size), points)
    order = _ORDERS[header.order]
    for element in before:
        _skip(file, element, order)
    if points.has_lists:
        raise ValueError(f'element {points.name} has lists, expected numbers: save it as ASCII')
    kind = points.dtype(order)
    data = file.read(points.size * kind.itemsize)
    rows = np.frombuffer(data[: len(data) // kind.itemsize * kind.itemsize], kind)
    return np.stack([rows[str(column)] for column in points.columns()], axis=1)


def _text_rows(lines: Iterable[bytes], points: _Element) -> NDArray[np.float64]:
    first = next((k for k, one in enumerate(points.properties) if one.count_kind), None)
    columns = points.columns()
    if first is not None and max(columns) > first:
        raise ValueError(f'element {points.name} has lists before x, y, z')
    words = [line.split() for line in lines]
    return np.array([[row[column] for column in columns] for row in words], float).reshape(-1, 3)


def _skip(file: BinaryIO, element: _Element, order: str) -> None:
    """Skip the rows of a binary element."""
    if not element.has_lists:
        file.seek(element.size * element.dtype(order).itemsize, 1)
        return
    for _ in range(element.size):
        for one in element.properties:
            count = 1
            if one.count_kind:
                kind = np.dtype(order + one.count_kind)
                count = int(np.frombuffer(file.read(kind.itemsize), kind)[0])
            file.seek(count * np.dtype(one.kind).itemsize, 1)
