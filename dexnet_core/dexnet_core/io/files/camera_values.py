"""Search for cameras in nested mappings, by the key names of drivers, libraries and data sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
import re
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_ALIASES = {
    'fx': ('fx', 'flx', 'focallengthx', 'f'),
    'fy': ('fy', 'fly', 'focallengthy', 'f'),
    'cx': ('cx', 'ppx', 'principalpointx', 'u0'),
    'cy': ('cy', 'ppy', 'principalpointy', 'v0'),
}
_WIDTHS = ('width', 'imagewidth', 'resolutionwidth', 'w')
_HEIGHTS = ('height', 'imageheight', 'resolutionheight', 'h')
_SQUARE = (9, 12, 16)
_MATRICES = {
    **dict.fromkeys(('projectionmatrix', 'projection', 'p'), (12,)),
    **dict.fromkeys(('cameramatrix', 'cammatrix', 'k', 'camk', 'mtx', 'm1'), _SQUARE),
    **dict.fromkeys(('intrinsicmatrix', 'intrinsics', 'intrinsic'), (4, *_SQUARE)),
}
"""Allowed sizes of a matrix by its normalised name, in order of preference.

The projection matrix is first, because it belongs to the rectified image, like depth images. A
4x4 projection matrix is one of OpenGL and is not accepted.
"""
_OTHER_MATRIX = re.compile(
    r'.*(intrinsic|cam(era)?matrix|mtx).*|k\d?|m\d'
    r'|k(depth|color|rgb|ir|left|right)|(depth|color|rgb|ir|left|right)k'
)
_TO_THE_METRE = {
    'factordepth': 'factor_depth',
    'depthfactor': 'depth_factor',
    'depthmapfactor': 'DepthMapFactor',
}
_SCALES = {
    'depthscale': 'depth_scale',
    'depthunits': 'depth_units',
    'pngdepthscale': 'png_depth_scale',
}
_LARGEST_METRES, _LARGEST_MILLIMETRES, _LEAST_TO_THE_METRE = 0.01, 20.0, 100.0
_SKEW = 0.01
_DEEPEST = 6


class StoredCamera(NamedTuple):
    """A camera as stored in a file.

    Attributes:
        numbers: fx, fy, cx, cy in pixels.
        size: Width and height in pixels; None if the file has none.
        scale: Metres per unit of integer depth; 0 if the file has none.
        note: Warning for the user; empty if there is none.
    """

    numbers: tuple[float, float, float, float]
    size: tuple[int, int] | None = None
    scale: float = 0.0
    note: str = ''


class _Context(NamedTuple):
    size: tuple[int, int] | None = None
    scale: float = 0.0


def cameras_in(values: object) -> Iterator[tuple[str, StoredCamera]]:
    """Yield the cameras in the content of a file, each with its dotted path of keys.

    Args:
        values: A nested mapping, a matrix, or fx, fy, cx, cy.

    Raises:
        ValueError: A value with the name of a camera is not a camera.
    """
    numbers = _array(values)
    if numbers is not None and not isinstance(values, Mapping):
        yield '', _of_matrix(numbers, _Context())
    else:
        yield from _search(values, '', _Context())


def _search(values: object, name: str, around: _Context) -> Iterator[tuple[str, StoredCamera]]:
    if isinstance(values, list):
        values = dict(enumerate(values))
    if not isinstance(values, Mapping) or name.count('.') > _DEEPEST:
        return
    known: dict[str, Any] = {}
    for key, value in values.items():
        known.setdefault(_plain(key), value)
    if 'modelparameters' in known:
        raise ValueError(
            'it is the raw calibration of an Azure Kinect, of the whole sensor and not in pixels: '
            'use the intrinsics of the depth mode, as its ROS node and Open3D write them'
        )
    around = _Context(_size(known) or around.size, _scale(known) or around.scale)
    own = _own(known, around)
    if own is not None:
        yield name, own
        return
    for key, value in values.items():
        path = f'{name}.{key}' if name else str(key)
        numbers = _array(value)
        if numbers is None:
            yield from _search(value, path, around)
        elif _OTHER_MATRIX.fullmatch(_plain(key)) and numbers.size in _SQUARE:
            yield path, _of_matrix(numbers, around)


def _plain(key: object) -> str:
    """Return the part of a key after its last dot, in lower case, letters and digits only."""
    return re.sub('[^a-z0-9]', '', str(key).lower().rpartition('.')[2])


def _own(known: Mapping[str, Any], around: _Context) -> StoredCamera | None:
    """Return the camera that the keys of a mapping describe; None if they do not."""
    matrices = [(_array(known.get(name)), sizes) for name, sizes in _MATRICES.items()]
    usable = [m for m, sizes in matrices if m is not None and m.size in sizes]
    if usable:
        return _of_matrix(next((m for m in usable if m.flat[0]), usable[0]), around)
    found = [next((known[a] for a in names if a in known), None) for names in _ALIASES.values()]
    focal, centre = (_array(known.get(name)) for name in ('focallength', 'principalpoint'))
    if focal is not None and centre is not None and focal.size == centre.size == 2:
        found = [*focal.ravel(), *centre.ravel()]
    if any(value is None for value in found):
        return None
    try:
        fx, fy, cx, cy = (float(np.asarray(value, float).item()) for value in found)
    except (TypeError, ValueError) as error:
        raise ValueError(f'fx, fy, cx, cy are {found}, expected numbers') from error
    return StoredCamera((fx, fy, cx, cy), *around)


def _of_matrix(values: NDArray[np.float64], around: _Context) -> StoredCamera:
    """Return the camera of fx, fy, cx, cy or of a 3x3, 3x4 or 4x4 matrix, also if flattened."""
    if values.size == 4:
        fx, fy, cx, cy = values.ravel().tolist()
        return StoredCamera((fx, fy, cx, cy), *around)
    matrix, note = _square(values), ''
    if not np.array_equal(matrix[2], (0, 0, 1)) and np.array_equal(matrix[:, 2], (0, 0, 1)):
        matrix = matrix.T
        note = 'the camera matrix is stored transposed and is read so' if values.ndim > 1 else ''
    (fx, skew, cx), (lower, fy, cy) = matrix[:2].tolist()
    if not np.array_equal(matrix[2], (0, 0, 1)) or lower or abs(skew) > _SKEW * abs(fx):
        got = np.array2string(values, threshold=9, separator=', ')
        hint = '; the row (0, 0, -1, 0) is of OpenGL' if -1 in values else ''
        raise ValueError(f'got the matrix {got}, expected 3x3 [fx 0 cx; 0 fy cy; 0 0 1]{hint}')
    return StoredCamera((fx, fy, cx, cy), *around, note)


def _square(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the upper left 3x3 part of a matrix; flat numbers are in row-major order."""
    rows = {9: 3, 12: 3, 16: 4}.get(values.size)
    if rows is None:
        raise ValueError(f'got {values.shape} numbers, expected fx, fy, cx, cy or 3x3')
    is_upright = values.ndim == 2 and values.shape == (4, 3)
    return (values.T if is_upright else values.reshape(rows, -1))[:3, :3]


def _array(values: object) -> NDArray[np.float64] | None:
    """Return the numbers of a list, an array or an OpenCV or ROS matrix; None for other values."""
    if isinstance(values, Mapping):
        return _array(values.get('data')) if 'data' in values else None
    if not isinstance(values, list | tuple | np.ndarray):
        return None
    try:
        array = np.asarray(values, float)
    except (TypeError, ValueError):
        return None
    return array if array.ndim and array.size else None


def _size(known: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return width and height in pixels; None if one is missing."""
    pair = _array(known.get('resolution'))
    sides: list[Any] = [
        next((known[n] for n in names if n in known), None) for names in (_WIDTHS, _HEIGHTS)
    ]
    if pair is not None and pair.size == 2:
        sides = pair.ravel().tolist()
    if any(side is None or isinstance(side, Mapping) for side in sides):
        return None
    try:
        width, height = (int(float(side)) for side in sides)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f'width and height are {sides}, expected pixels') from error
    return width, height


def _scale(known: Mapping[str, Any]) -> float:
    """Return metres per unit of integer depth; 0 if there is no scale."""
    for name, written in _TO_THE_METRE.items():
        if name in known:
            return 1 / _positive(known[name], written)
    for name, written in _SCALES.items():
        if name in known:
            value = _positive(known[name], written)
            return value * 1e-3 if 'camk' in known else _metres(value)
    return 0.0


def _metres(value: float) -> float:
    """Return metres per unit for a `depth_scale` in metres, millimetres or units per metre.

    RealSense writes metres (0.001 or less), BOP millimetres (0.1 to 1) and TUM units per metre
    (1000 or more). The ranges do not overlap.
    """
    if value < _LARGEST_METRES:
        return value
    if value <= _LARGEST_MILLIMETRES:
        return value * 1e-3
    if value < _LEAST_TO_THE_METRE:
        raise ValueError(f'depth_scale is {value}, expected metres or mm per unit: --depth-scale')
    return 1 / value


def _positive(value: object, name: str) -> float:
    try:
        number = float(np.asarray(value, float).item())
    except (TypeError, ValueError):
        number = 0.0
    if not (np.isfinite(number) and number > 0):
        raise ValueError(f'{name} is {value}, expected a number > 0')
    return number
