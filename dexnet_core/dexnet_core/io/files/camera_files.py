"""Camera intrinsics from numbers on the command line or from common file formats."""

from __future__ import annotations

from collections.abc import Iterator
import logging
from pathlib import Path
import re
from typing import Any, NamedTuple

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.geometry.camera_fit import fit_camera
from dexnet_core.io.files.archives import read_archive
from dexnet_core.io.files.atomic import read_array
from dexnet_core.io.files.camera_text import readings
from dexnet_core.io.files.camera_values import cameras_in, StoredCamera

_LOG = logging.getLogger(__name__)
CAMERA_FILES = (
    'ROS camera_info or camera_calibration (.yaml, ost.ini), JSON of RealSense, Open3D or BOP, '
    '.intr, OpenCV FileStorage, a 3x3 matrix (.npy, .npz, .txt, .csv, .json), or .mat of GraspNet'
)
_EXPECTED = f'expected fx,fy,cx,cy in pixels, or a file: {CAMERA_FILES}'
_LARGEST = 50_000_000
_MATRIX = 16
_LARGEST_SHARE, _LEAST_SIDE = 5.0, 50


class FoundCamera(NamedTuple):
    """A camera at the size of its image.

    Attributes:
        intrinsics: Intrinsics at the size of the image.
        scale: Metres per unit of integer depth from the camera file; 0 if the file has none.
    """

    intrinsics: CameraIntrinsics
    scale: float = 0.0


def read_camera(source: str, shape: tuple[int, int], image: str = '') -> FoundCamera:
    """Read the intrinsics for an image of (H, W) pixels; doubts are logged as warnings.

    Args:
        source: `fx,fy,cx,cy`, or the path of a file. In a file with several cameras, the one with
            the number of the image is used, or the one with the size of the image. `FILE:NAME`
            selects a camera by a part of its name.
        shape: (H, W) of the image.
        image: File name of the image, such as `000003.png`.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The text or file is not a camera, or does not match the image.
    """
    stored = _of_numbers(source) or _of_file(source, shape, image)
    try:
        fit = fit_camera(_intrinsics(stored, shape), shape)
    except ValueError as error:
        raise ValueError(f'camera {source}: {error}') from error
    for note in filter(None, (stored.note, fit.note)):
        _LOG.warning('camera %s: %s', source, note)
    return FoundCamera(fit.camera, stored.scale)


def _intrinsics(stored: StoredCamera, shape: tuple[int, int]) -> CameraIntrinsics:
    """Return the intrinsics of a stored camera; the size of the image is the default size."""
    fx, _, cx, cy = stored.numbers
    if 0 < fx < _LARGEST_SHARE and max(cx, cy) <= 1 and min(shape) > _LEAST_SIDE:
        got = f'fx is {fx:g} and cx {cx:g}, which are fractions of the image size'
        raise ValueError(f'{got}; {_EXPECTED}')
    try:
        return CameraIntrinsics(*(stored.size or shape[::-1]), *stored.numbers)
    except ValueError as error:
        raise ValueError(f'{error}; {_EXPECTED}') from error


def _of_numbers(source: str) -> StoredCamera | None:
    """Return the camera of `fx,fy,cx,cy`; None if the text may be a path."""
    parts = re.split(r'[\s,;]+', source.strip())
    if len(parts) != 4 or Path(source).is_file():
        return None
    try:
        fx, fy, cx, cy = map(float, parts)
        return StoredCamera((fx, fy, cx, cy))
    except ValueError as error:
        raise ValueError(f'camera is {source!r}; {_EXPECTED}') from error


def _of_file(source: str, shape: tuple[int, int], image: str) -> StoredCamera:
    path, name = Path(source), ''
    if not path.is_file():
        head, _, name = source.rpartition(':')
        path = Path(head)
    if not path.is_file():
        raise FileNotFoundError(f'camera {source} is not a file; {_EXPECTED}')
    try:
        found = _cameras_of(path)
        return _chosen(found, shape, name or _number_of(image), is_named=bool(name))
    except ValueError as error:
        raise ValueError(f'{path} is not a camera: {error}; {_EXPECTED}') from error


def _cameras_of(path: Path) -> dict[str, StoredCamera]:
    """Parse a file in each syntax until one yields cameras; return them by name."""
    first = ''
    for values in _readings_of(path):
        try:
            found = dict(cameras_in(values))
        except ValueError as error:
            first = first or str(error)
            continue
        if found:
            return found
    raise ValueError(first or 'it has no fx, fy, cx, cy and no matrix')


def _readings_of(path: Path) -> Iterator[Any]:
    if path.stat().st_size > _LARGEST:
        raise ValueError(f'it has {path.stat().st_size} bytes, expected at most {_LARGEST}')
    if path.suffix.lower() == '.npy':
        yield read_array(path)
    elif path.suffix.lower() == '.npz':
        yield _small_arrays(path)
    elif path.suffix.lower() == '.mat':
        yield _of_mat(path)
    else:
        yield from readings(path.read_bytes().decode('utf-8-sig', 'replace'))


def _small_arrays(path: Path) -> Any:  # noqa: ANN401
    """Return the arrays of a .npz that are small enough for a camera, by name, or the only one."""
    arrays = read_archive(path)
    small = {name: array for name, array in arrays.items() if array.size <= _MATRIX}
    return next(iter(small.values())) if len(arrays) == len(small) == 1 else small


def _of_mat(path: Path) -> dict[str, Any]:
    from scipy.io import loadmat  # imported late: rarely needed, and this module loads often

    try:
        values: dict[str, Any] = loadmat(path)
        return values
    except Exception as error:  # SciPy raises many kinds
        raise ValueError(f'cannot be read as .mat: {error}') from error


def _number_of(image: str) -> str:
    """Return the last number in the name of an image without leading zeros; empty if none."""
    found = re.search(r'(\d+)\D*$', Path(image).stem)
    return str(int(found[1])) if found else ''


def _chosen(
    found: dict[str, StoredCamera], shape: tuple[int, int], name: str, *, is_named: bool
) -> StoredCamera:
    """Select a camera by name, by image size, or because it is the only one."""
    named = {path: camera for path, camera in found.items() if name in path.split('.')}
    if is_named and not named:
        named = {path: camera for path, camera in found.items() if name.lower() in path.lower()}
    if is_named and not named:
        raise ValueError(f'it has no camera {name!r}, but {_names(found)}')
    rest = named or found
    sized = {path: camera for path, camera in rest.items() if camera.size == shape[::-1]}
    different = set((sized or rest).values())
    if len(different) > 1:
        raise ValueError(
            f'it has {len(different)} different cameras, {_names(sized or rest)}: expected one, '
            'or FILE:NAME'
        )
    return different.pop()


def _names(found: dict[str, StoredCamera]) -> str:
    names = list(found)
    return ', '.join(names[:8]) + (', ...' if len(names) > 8 else '')
