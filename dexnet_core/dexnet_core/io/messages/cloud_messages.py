"""Conversion of PointCloud2 messages of any layout to arrays of points."""

from __future__ import annotations

import sys

from dexnet_core.io.messages.protocols import CloudMessage, FieldMessage
import numpy as np
from numpy.typing import NDArray

_FLOATS = {7: 'f4', 8: 'f8'}
_INTEGERS = {3: 'i2', 4: 'u2', 5: 'i4', 6: 'u4'}
"""NumPy dtypes by the datatype constants of PointField."""
_TYPES = _FLOATS | _INTEGERS
_AXES = 'xyz'


def points_from_msg(msg: CloudMessage, scale: float = 0.0) -> NDArray[np.float32]:
    """Return a copy of the points, (height, width, 3) float32 metres in the frame of the message.

    Unorganised clouds have a height of 1. Invalid points keep the value of the driver: NaN,
    infinite, or all zero. `is_dense` is ignored.

    Args:
        msg: Cloud with the fields x, y and z, or X, Y and Z, of float32 or float64, or, with a
            scale, of 16-bit or 32-bit integers. Offsets, byte order, padding and other fields are
            arbitrary.
        scale: Metres per unit of integers; floating point is metres. 0 = integers are refused.

    Raises:
        ValueError: A field is missing or has another type, or the sizes are inconsistent.
    """
    fields = _fields(msg, _TYPES if scale else _FLOATS)
    _require_sizes(msg)
    points = np.empty((msg.height, msg.width, 3), np.float32)
    if not points.size:
        return points
    strides = (msg.row_step, msg.point_step)
    if _is_packed(msg, fields):
        points[:] = np.ndarray(points.shape, points.dtype, msg.data, 0, (*strides, 4))
        return points
    rows = np.ndarray(points.shape[:2], _layout(msg, fields), buffer=msg.data, strides=strides)
    with np.errstate(over='ignore', invalid='ignore'):  # too large values become infinite
        for k, field in enumerate(fields):
            points[..., k] = rows[_AXES[k]]
            if field.datatype in _INTEGERS:
                points[..., k] *= np.float32(scale)
    return points


def _fields(msg: CloudMessage, types: dict[int, str]) -> list[FieldMessage]:
    """Return the fields x, y and z.

    Raises:
        ValueError: A field is missing, has another type, or ends after the point.
    """
    names = {field.name.lower(): field for field in reversed(msg.fields)}
    names |= {field.name: field for field in reversed(msg.fields)}
    if not set(_AXES) <= set(names):
        there = [field.name for field in msg.fields]
        raise ValueError(f'cloud has fields {there}, expected x, y and z')
    fields = [names[axis] for axis in _AXES]
    for field in fields:
        if field.datatype not in types or field.count > 1:
            got = f'{field.count} of datatype {field.datatype}'
            hint = ''
            if field.datatype in _INTEGERS:
                hint = '; for integers, set depth_scale to the metres per unit'
            raise ValueError(
                f'cloud field {field.name} is {got}, expected 1 of FLOAT32 or FLOAT64{hint}'
            )
        end = field.offset + np.dtype(types[field.datatype]).itemsize
        if end > msg.point_step:
            raise ValueError(
                f'cloud field {field.name} ends at byte {end}, point_step is {msg.point_step}'
            )
    return fields


def _is_packed(msg: CloudMessage, fields: list[FieldMessage]) -> bool:
    """Return whether a point is exactly float32 x, y, z in the byte order of this machine."""
    offsets = [field.offset for field in fields]
    types = {_TYPES[field.datatype] for field in fields}
    is_own = msg.is_bigendian == (sys.byteorder == 'big')
    return is_own and types == {'f4'} and offsets == [0, 4, 8] and msg.point_step == 12


def _layout(msg: CloudMessage, fields: list[FieldMessage]) -> np.dtype:
    """Return the structured dtype of a point, with the fields x, y and z only."""
    order = '>' if msg.is_bigendian else '<'
    return np.dtype(
        {
            'names': list(_AXES),
            'formats': [order + _TYPES[field.datatype] for field in fields],
            'offsets': [field.offset for field in fields],
            'itemsize': msg.point_step,
        }
    )


def _require_sizes(msg: CloudMessage) -> None:
    """Raise ValueError unless all points fit into a row, and all rows into the data."""
    least = msg.width * msg.point_step
    if msg.height > 1 and msg.row_step < least:
        raise ValueError(f'cloud has row_step {msg.row_step}, expected at least {least} bytes')
    if msg.width and msg.height:
        least += (msg.height - 1) * msg.row_step
    if len(msg.data) < least:
        raise ValueError(f'cloud has {len(msg.data)} bytes, expected at least {least}')
