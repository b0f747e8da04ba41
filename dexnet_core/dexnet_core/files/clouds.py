"""Point clouds and coloured meshes from and to the files that people have."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, NamedTuple

from dexnet_core.files.atomic import atomic_path, read_array, read_arrays
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


def read_cloud(path: Path) -> NDArray[np.generic]:
    """Read the points of a cloud, as they are in the file.

    Args:
        path: .npy with (n, 3) or (H, W, 3); .npz with such an array `cloud`; or .ply whose first
            element has x, y and z.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file cannot be read, or is of another kind.
    """
    if path.suffix == '.ply':
        return _read_ply(path)
    if path.suffix == '.npz':
        return read_arrays(path, 'cloud')[0]
    if path.suffix != '.npy':
        raise ValueError(f'cloud {path} ends in {path.suffix!r}, expected .npy, .npz or .ply')
    return read_array(path)


def write_mesh(
    path: Path,
    corners: NDArray[np.floating],
    colours: NDArray[np.uint8],
    faces: NDArray[np.integer],
) -> None:
    """Write a binary .ply file, whole or not at all.

    Args:
        path: Of the file.
        corners: (n, 3) metres; those of no face are points.
        colours: (n, 3) uint8 red, green, blue.
        faces: (m, 3) indices of corners.
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


class _Header(NamedTuple):
    """What the head of a .ply file says of its first element."""

    order: str
    count: int
    fields: list[tuple[str, str]]


def _read_ply(path: Path) -> NDArray[np.generic]:
    with path.open('rb') as file:
        try:
            header = _read_header(file)
            rows = _read_rows(file, header)
        except (ValueError, KeyError, IndexError) as error:
            raise ValueError(f'{path} is not a .ply cloud: {error}') from error
    if len(rows) != header.count:
        raise ValueError(f'{path} holds {len(rows)} points, its head says {header.count}')
    return np.stack([rows[axis] for axis in 'xyz'], axis=1)


def _read_header(file: BinaryIO) -> _Header:
    if file.readline().strip() != b'ply':
        raise ValueError('the first line is not ply')
    order, elements = '', []
    for _ in range(_LONGEST_HEADER):
        words = file.readline().decode('ascii').split()
        if words[:1] == ['end_header']:
            break
        if words[:1] == ['format']:
            order = words[1]
        elif words[:1] == ['element']:
            elements.append((int(words[2]), []))
        elif words[:1] == ['property']:
            elements[-1][1].append(words[1:])
    count, properties = elements[0]
    fields = [(name, _TYPES[kind]) for kind, name in properties]
    if order not in _ORDERS or not set('xyz') <= {name for name, _ in fields}:
        raise ValueError(f'format {order!r} with {[name for name, _ in fields]}, expected x, y, z')
    return _Header(order, count, fields)


def _read_rows(file: BinaryIO, header: _Header) -> NDArray[np.void]:
    if header.order == 'ascii':
        kind = np.dtype(header.fields)
        lines = [tuple(file.readline().split()) for _ in range(header.count)]
        return np.array(lines, np.dtype([(name, 'U32') for name in kind.names])).astype(kind)
    order = _ORDERS[header.order]
    kind = np.dtype([(name, order + code) for name, code in header.fields])
    return np.frombuffer(file.read(header.count * kind.itemsize), kind)
