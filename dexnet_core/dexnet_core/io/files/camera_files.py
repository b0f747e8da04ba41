"""Cameras from numbers and from the files that people have."""

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
        intrinsics: At the size of the image.
        scale: Metres per stored unit of integer depth, as its file says; 0 where it does not.
    """

    intrinsics: CameraIntrinsics
    scale: float = 0.0


def read_camera(source: str, shape: tuple[int, int], image: str = '') -> FoundCamera:
    """Read intrinsics for an image of (H, W) pixels; what is odd about them is logged.

    Args:
        source: `fx,fy,cx,cy`, or the path of a file. Of a file with several cameras, that of
            the number of the image counts, or that of its size; `FILE:NAME` names one, by a part
            of its name.
        shape: (H, W) of the image that the camera took.
        image: Name of the image, such as `000003.png`.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The text or file is not a camera, or not one of that image.
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
    """Return a stored camera, at the size of the image where it says none."""
    fx, _, cx, cy = stored.numbers
    if 0 < fx < _LARGEST_SHARE and max(cx, cy) <= 1 and min(shape) > _LEAST_SIDE:
        got = f'fx is {fx:g} and cx {cx:g}, which are shares of the size of an image'
        raise ValueError(f'{got}; {_EXPECTED}')
    try:
        return CameraIntrinsics(*(stored.size or shape[::-1]), *stored.numbers)
    except ValueError as error:
        raise ValueError(f'{error}; {_EXPECTED}') from error


def _of_numbers(source: str) -> StoredCamera | None:
    """Return the camera of four numbers, None for what may be a file."""
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
        raise FileNotFoundError(f'camera {source} is no file; {_EXPECTED}')
    try:
        found = _cameras_of(path)
        return _chosen(found, shape, name or _number_of(image), is_named=bool(name))
    except ValueError as error:
        raise ValueError(f'{path} is not a camera: {error}; {_EXPECTED}') from error


def _cameras_of(path: Path) -> dict[str, StoredCamera]:
    """Return the cameras of the first reading of a file that has any, by their names."""
    first = ''
    for values in _readings_of(path):
        try:
            found = dict(cameras_in(values))
        except ValueError as error:
            first = first or str(error)
            continue
        if found:
            return found
    raise ValueError(first or 'no fx, fy, cx, cy and no matrix is in it')


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
    """Return the arrays of a .npz that may be of a camera, by name, or the only one."""
    arrays = read_archive(path)
    small = {name: array for name, array in arrays.items() if array.size <= _MATRIX}
    return next(iter(small.values())) if len(arrays) == len(small) == 1 else small


def _of_mat(path: Path) -> dict[str, Any]:
    from scipy.io import loadmat  # few cameras come so, and every command reads this module

    try:
        values: dict[str, Any] = loadmat(path)
        return values
    except Exception as error:  # SciPy raises many kinds
        raise ValueError(f'cannot be read as .mat: {error}') from error


def _number_of(image: str) -> str:
    """Return the number that ends the name of an image, without zeros before it; or nothing."""
    found = re.search(r'(\d+)\D*$', Path(image).stem)
    return str(int(found[1])) if found else ''


def _chosen(
    found: dict[str, StoredCamera], shape: tuple[int, int], name: str, *, is_named: bool
) -> StoredCamera:
    """Return the camera of that name, or of that size, or the only one that there is."""
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
