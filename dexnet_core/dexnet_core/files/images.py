"""Depth images, masks and cameras from the files that people have."""

from __future__ import annotations

from collections.abc import Sequence
import json
from pathlib import Path
from typing import Any, NamedTuple

import cv2
from dexnet_core.files.atomic import atomic_path, read_array
from dexnet_core.geometry.camera import CameraIntrinsics, depth_from_image, MILLIMETRES
import numpy as np
from numpy.typing import NDArray
import yaml


class DepthImage(NamedTuple):
    """What a planner is given.

    Attributes:
        depth: (H, W) metres along the optical axis; 0 where nothing was seen.
        camera: Intrinsics.
        mask: (H, W) True where to plan; None to find out.
    """

    depth: NDArray[np.float32]
    camera: CameraIntrinsics
    mask: NDArray[np.bool_] | None = None


def read_depth_image(path: Path, camera: str, mask: Path | None = None) -> DepthImage:
    """Read a depth image, its camera and its mask; see `read_depth`, `read_camera`, `read_mask`.

    A camera that is a .mat of GraspNet-1Billion says in `factor_depth` how many units of uint16
    there are to the metre.
    """
    depth = read_depth(path, _scale_of(Path(camera)))
    return DepthImage(depth, read_camera(camera, depth.shape), mask and read_mask(mask))


def read_depth(path: Path, scale: float = 0.0) -> NDArray[np.float32]:
    """Read (H, W) float32 metres, 0 where nothing was seen.

    Args:
        path: A .npy file or an image; floating point is metres.
        scale: Metres per stored unit; 0 for metres of floating point, millimetres of uint16.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file cannot be read, or holds no depth image.
    """
    image = read_array(path) if path.suffix == '.npy' else read_image(path)
    try:
        return depth_from_image(image, scale)
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error


def read_mask(path: Path) -> NDArray[np.bool_]:
    """Read (H, W) True where the image or array is not 0.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file cannot be read, or has more than one channel.
    """
    return _read_mask(path, (2,), '(height, width)')


def read_cloud_mask(path: Path) -> NDArray[np.bool_]:
    """Read (n,) or (H, W) True where the array or image is not 0; see `read_mask`."""
    return _read_mask(path, (1, 2), '(n,) or (height, width)')


def _read_mask(path: Path, dimensions: Sequence[int], expected: str) -> NDArray[np.bool_]:
    image = read_array(path) if path.suffix == '.npy' else read_image(path)
    if image.ndim == 3 and (image == image[..., :1]).all():
        image = image[..., 0]
    if image.ndim not in dimensions:
        raise ValueError(f'{path} has shape {image.shape}, expected a mask {expected}')
    return image != 0


def read_camera(source: str, shape: tuple[int, int]) -> CameraIntrinsics:
    """Read intrinsics for an image of (H, W) pixels.

    Args:
        source: `fx,fy,cx,cy`, or the path of one of these: ROS camera_info YAML, of which the
            first document counts; `.intr` JSON; a 3x3 matrix as .npy, or as `intrinsic_matrix`
            of .mat, as GraspNet-1Billion and graspnet-baseline have them.
        shape: (H, W) of the image that the camera took.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The text or file is not a camera, or of another image size.
    """
    parts = source.split(',')
    if len(parts) == 4:
        try:
            fx, fy, cx, cy = map(float, parts)
        except ValueError as error:
            raise ValueError(f'camera is {source!r}, expected fx,fy,cx,cy in pixels') from error
        return CameraIntrinsics(shape[1], shape[0], fx, fy, cx, cy)
    path = Path(source)
    if not path.is_file():
        raise FileNotFoundError(f'camera {source} is neither a file nor fx,fy,cx,cy')
    try:
        camera = _read_camera(path, shape)
    except (KeyError, TypeError, ValueError, IndexError, OverflowError, AttributeError) as error:
        reason = f'no key {error}' if isinstance(error, KeyError) else error
        raise ValueError(f'{path} is not a camera: {reason}') from error
    if camera.shape != shape:
        raise ValueError(f'{path} is for {camera.shape} images, depth is {shape} (height, width)')
    return camera


def _read_camera(path: Path, shape: tuple[int, int]) -> CameraIntrinsics:
    """Return the camera of a file; a matrix knows no size, and takes that of the image."""
    if path.suffix == '.npy':
        return _camera_of_matrix(read_array(path), shape)
    if path.suffix == '.mat':
        return _camera_of_matrix(_read_mat(path)['intrinsic_matrix'], shape)
    return _camera_of(_read_mapping(path))


def _scale_of(camera: Path) -> float:
    """Return metres per unit of uint16 depth as a .mat says them; 0 for another camera."""
    if camera.suffix != '.mat' or not camera.is_file():
        return 0.0
    try:
        factor = np.asarray(_read_mat(camera).get('factor_depth', MILLIMETRES))
        if factor.size != 1 or factor.dtype.kind not in 'iuf' or not factor.item() > 0:
            raise ValueError(f'factor_depth is {factor}, expected a number > 0')
    except ValueError as error:
        raise ValueError(f'{camera} is not a camera: {error}') from error
    return 1 / float(factor.item())


def _camera_of_matrix(matrix: NDArray[np.generic], shape: tuple[int, int]) -> CameraIntrinsics:
    if matrix.shape != (3, 3) or not np.array_equal(matrix[2], (0, 0, 1)):
        got = np.array2string(matrix, threshold=9, separator=', ')
        raise ValueError(f'got {got} {matrix.shape}, expected 3x3 [fx 0 cx; 0 fy cy; 0 0 1]')
    (fx, _, cx), (_, fy, cy) = matrix[:2].astype(float).tolist()
    return CameraIntrinsics(shape[1], shape[0], fx, fy, cx, cy)


def _read_mat(path: Path) -> dict[str, Any]:
    from scipy.io import loadmat  # few cameras come so, and every command reads this module

    try:
        return loadmat(path)
    except Exception as error:  # SciPy raises many kinds
        raise ValueError(f'cannot be read as .mat: {error}') from error


def _camera_of(values: dict[str, Any]) -> CameraIntrinsics:
    """Return the camera of a camera_info mapping (calibration or message keys) or of .intr."""
    if '_fx' in values:
        size = int(values['_width']), int(values['_height'])
        return CameraIntrinsics(*size, *(float(values[f'_{k}']) for k in ('fx', 'fy', 'cx', 'cy')))
    width, height = (values.get(f'image_{key}', values.get(key, 0)) for key in ('width', 'height'))
    size = int(width), int(height)
    matrices = [values.get(key) for key in ('projection_matrix', 'p', 'camera_matrix', 'k')]
    numbers = [m['data'] if isinstance(m, dict) else m for m in matrices if m is not None]
    for m in numbers:
        row = len(m) // 3
        if m[0]:
            return CameraIntrinsics(*size, *map(float, (m[0], m[row + 1], m[2], m[row + 2])))
    raise ValueError('no camera_matrix, projection_matrix, k or p with fx > 0')


def _read_mapping(path: Path) -> dict[str, Any]:
    text = path.read_text()
    try:
        values = json.loads(text) if path.suffix in ('.intr', '.json') else _first_document(text)
    except (yaml.YAMLError, json.JSONDecodeError) as error:
        raise ValueError(f'cannot be parsed: {" ".join(str(error).split())}') from error
    if not isinstance(values, dict):
        raise ValueError(f'holds a {type(values).__name__}, expected a mapping')
    return values


def _first_document(text: str) -> object:
    """Return the first of YAML documents: `ros2 topic echo` ends each message with `---`."""
    return next(yaml.safe_load_all(text), None)


def read_image(path: Path) -> NDArray[np.generic]:
    """Read (H, W) or (H, W, channels) as they are stored, colours in the order of OpenCV.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file cannot be read.
    """
    if not path.is_file():
        raise FileNotFoundError(f'image {path} does not exist')
    data = np.fromfile(path, np.uint8)
    image = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
    if image is None:
        raise ValueError(f'{path} is not an image that can be read')
    return image


def require_picture(path: Path) -> None:
    """Raise ValueError unless a picture can be written there: no folder, and a known ending."""
    if path.is_dir():
        raise ValueError(f'picture {path} is a folder, expected a file such as {path}/sheet.png')
    if not cv2.haveImageWriter(str(path)):
        got = f'picture {path} ends in {path.suffix!r}'
        raise ValueError(f'{got}, expected a kind of picture such as .png or .jpg')


def write_picture(path: Path, picture: NDArray[np.generic]) -> None:
    """Write an image as its ending says, whole or not at all, colours in the order of OpenCV.

    Raises:
        ValueError: As of `require_picture`.
        OSError: It cannot be written so.
    """
    require_picture(path)
    with atomic_path(path) as scratch:
        if not cv2.imwrite(str(scratch), picture):
            raise OSError(f'{path} cannot be written as a picture')
