"""Malformed messages: each is a good one with one to three things changed by chance."""

from __future__ import annotations

from collections.abc import Callable
import copy
from typing import NamedTuple

from dexnet_core.geometry.camera import CameraIntrinsics, deproject
from dexnet_msgs.srv import PlanGrasps
from dexnet_ros.camera_conversions import camera_to_msg
from dexnet_ros.cloud_conversions import points_to_msg
from dexnet_ros.image_conversions import depth_to_msg, mask_to_msg
from geometry_msgs.msg import Point, Vector3
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CameraInfo, Image, PointCloud2, PointField, RegionOfInterest
from std_msgs.msg import Header

KINDS = ('depth', 'camera_info', 'mask', 'points', 'request')
"""What is malformed: one of the messages of a request, or its other fields."""

_CAMERA = CameraIntrinsics(128, 96, 120.0, 120.0, 63.5, 47.5)
_ENCODINGS = (
    *('16UC1', '32FC1', '64FC1', 'mono16', '16SC1', '32SC1', 'mono8', '8UC1', 'rgb8', 'bgra8'),
    *('', '32FC3', 'bayer_rggb8', '16UC1; compressedDepth', 'Z16', '\x00', '8UC99', '32FC'),
)
_NUMBERS = (0.0, -0.0, -1.0, 1e-300, 1e-38, 1e-9, 0.5, 1e3, 1e9, 1e38, np.nan, np.inf, -np.inf)
_SIZES = (0, 1, 2, 95, 96, 97, 127, 128, 129, 480, 640, 65535, 2**16, 2**31 - 1, 2**32 - 1)
_FRAMES = (
    *(
        '',
        'camera_link',
        'base_link',
        'camera_optical_frame',
        'w' * 5000,
        'ä/ö ü',
        '\n',
        '/',
        '//',
    ),
)
_WORDS = ('', 'any', 'down', 'camera', 'up', 'ANY', 'x' * 5000, '\n')


class Malformed(NamedTuple):
    """A request and what was done to it.

    Attributes:
        request: To be answered.
        changes: Names of the changes, in their order.
    """

    request: PlanGrasps.Request
    changes: tuple[str, ...]


def malformed(kind: str, seed: int) -> Malformed:
    """Return a request with one to three things changed in a message; the same for a seed."""
    rng = np.random.default_rng((KINDS.index(kind), seed))
    request = _good(kind)
    changes = rng.choice(len(_CHANGES[kind]), rng.integers(1, 4))
    for number in changes:
        _CHANGES[kind][number](request, rng)
    names = tuple(_CHANGES[kind][number].__name__.lstrip('_') for number in changes)
    return Malformed(request, names)


def _scene() -> NDArray[np.float32]:
    """Return the depth of a block on a table, with a millimetre of noise."""
    depth = np.full(_CAMERA.shape, 0.7, np.float32)
    depth[42:54, 58:68] = 0.64
    return depth + np.random.default_rng(0).normal(0, 1e-3, depth.shape).astype(np.float32)


def _good(kind: str) -> PlanGrasps.Request:
    header, depth = Header(frame_id='camera_optical_frame'), _scene()
    if kind == 'points':
        return PlanGrasps.Request(points=points_to_msg(deproject(depth, _CAMERA), header))
    request = PlanGrasps.Request(
        depth=depth_to_msg(depth, '32FC1', header), camera_info=camera_to_msg(_CAMERA, header)
    )
    if kind == 'mask':
        request.mask = mask_to_msg(depth < 0.67, header)
    return request


def _image(request: PlanGrasps.Request) -> Image:
    """Return the image that is to be changed: the mask where there is one."""
    return request.mask if request.mask.height else request.depth


def _encoding(request: PlanGrasps.Request, rng: np.random.Generator) -> None:
    _image(request).encoding = str(rng.choice(_ENCODINGS))


def _size(request: PlanGrasps.Request, rng: np.random.Generator) -> None:
    msg = request.points if len(request.points.fields) else _image(request)
    setattr(msg, str(rng.choice(['width', 'height'])), int(rng.choice(_SIZES)))


def _step(request: PlanGrasps.Request, rng: np.random.Generator) -> None:
    msg = _image(request)
    msg.step = int(rng.choice([*_SIZES, msg.step + 1, msg.step - 1]))


def _bytes(request: PlanGrasps.Request, rng: np.random.Generator) -> None:
    """Cut the data off, make it longer, or fill it with noise."""
    msg = request.points if len(request.points.fields) else _image(request)
    old = bytes(msg.data)
    length = int(rng.choice([0, 1, len(old) // 2, max(len(old) - 1, 0), len(old), len(old) + 9]))
    new = rng.bytes(length) if rng.random() < 0.5 else old[:length].ljust(length, b'\xff')
    msg.data = type(msg.data)('B', new)


def _byte_order(request: PlanGrasps.Request, rng: np.random.Generator) -> None:
    msg = request.points if len(request.points.fields) else _image(request)
    msg.is_bigendian = bool(rng.integers(2))


def _frame(request: PlanGrasps.Request, rng: np.random.Generator) -> None:
    for msg in (request.depth, request.points, request.camera_info, request.mask):
        if rng.random() < 0.5:
            msg.header.frame_id = str(rng.choice(_FRAMES))


def _depths(request: PlanGrasps.Request, rng: np.random.Generator) -> None:
    """Put odd values where depth or a mask is, sound in all else."""
    msg = _image(request)
    if len(msg.data) % 4:
        return
    values = np.frombuffer(bytes(msg.data), np.float32).copy()
    msg.data = type(msg.data)('B', _spoiled(values, rng).tobytes())


def _coordinates(request: PlanGrasps.Request, rng: np.random.Generator) -> None:
    """Put odd values into a cloud, or make it one point, one line or one plane."""
    data = bytes(request.points.data)
    if len(data) % 12 or not data:
        return
    values = np.frombuffer(data, np.float32).copy()
    points = values.reshape(-1, 3)
    shape = rng.integers(5)
    if shape == 0:
        points[:] = points[:1]
    elif shape in (1, 2):
        points[:, : int(shape)] = 0.1
    else:
        points = _spoiled(values, rng).reshape(-1, 3)
    request.points.data = type(request.points.data)('B', points.tobytes())


def _spoiled(values: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    chosen = rng.random(len(values)) < rng.choice([0.001, 0.1, 0.9, 1.0])
    with np.errstate(over='ignore'):
        odd = np.asarray(rng.choice(_NUMBERS), np.float32)
        if rng.random() < 0.5:
            odd = np.exp(rng.normal(0, rng.choice([0.1, 3, 30]), len(values))).astype(np.float32)
    return np.where(chosen, odd, values)


def _matrix(request: PlanGrasps.Request, rng: np.random.Generator) -> None:
    info: CameraInfo = request.camera_info
    values = getattr(info, str(rng.choice(['k', 'p', 'r'])))
    values[int(rng.integers(len(values)))] = float(rng.choice(_NUMBERS))


def _no_matrix(request: PlanGrasps.Request, rng: np.random.Generator) -> None:
    info: CameraInfo = request.camera_info
    for name in ('k', 'p')[: rng.integers(1, 3)]:
        setattr(info, name, [0.0] * len(getattr(info, name)))


def _camera_size(request: PlanGrasps.Request, rng: np.random.Generator) -> None:
    setattr(request.camera_info, str(rng.choice(['width', 'height'])), int(rng.choice(_SIZES)))


def _distortion(request: PlanGrasps.Request, rng: np.random.Generator) -> None:
    request.camera_info.d = [float(x) for x in rng.choice(_NUMBERS, rng.integers(20))]
    request.camera_info.distortion_model = str(rng.choice(['', 'plumb_bob', 'fisheye', '\n']))


def _binning(request: PlanGrasps.Request, rng: np.random.Generator) -> None:
    request.camera_info.binning_x = int(rng.choice(_SIZES))
    request.camera_info.binning_y = int(rng.choice(_SIZES))


def _window(request: PlanGrasps.Request, rng: np.random.Generator) -> None:
    request.camera_info.roi = _region(rng)


def _region(rng: np.random.Generator) -> RegionOfInterest:
    x, y, width, height = (int(value) for value in rng.choice(_SIZES, 4))
    return RegionOfInterest(x_offset=x, y_offset=y, width=width, height=height)


def _layout(request: PlanGrasps.Request, rng: np.random.Generator) -> None:
    name = str(rng.choice(['point_step', 'row_step']))
    setattr(request.points, name, int(rng.choice([*_SIZES, 12, 16, 1536])))


def _fields(request: PlanGrasps.Request, rng: np.random.Generator) -> None:
    """Drop, repeat or change a field of a cloud."""
    fields = list(request.points.fields)
    if not fields:
        return
    number = int(rng.integers(len(fields)))
    changed: PointField = copy.deepcopy(fields[number])
    changed.name = str(rng.choice(['x', 'y', 'z', 'rgb', '']))
    changed.offset = int(rng.choice([0, 4, 8, 9, *_SIZES]))
    changed.datatype = int(rng.integers(256))
    changed.count = int(rng.choice(_SIZES))
    request.points.fields = [
        fields[:number] + fields[number + 1 :],
        [*fields, changed],
        [changed if k == number else field for k, field in enumerate(fields)],
    ][int(rng.integers(3))]


def _choices(request: PlanGrasps.Request, rng: np.random.Generator) -> None:
    request.num_grasps = int(rng.choice(_SIZES))
    with np.errstate(over='ignore'):
        request.min_score = float(np.float32(rng.choice(_NUMBERS)))


def _words(request: PlanGrasps.Request, rng: np.random.Generator) -> None:
    request.approach = str(rng.choice(_WORDS))
    request.target_frame = str(rng.choice(_FRAMES)) if rng.random() < 0.5 else ''


def _part(request: PlanGrasps.Request, rng: np.random.Generator) -> None:
    request.region = _region(rng)


def _gravity(request: PlanGrasps.Request, rng: np.random.Generator) -> None:
    x, y, z = (float(value) for value in rng.choice(_NUMBERS, 3))
    request.up = Vector3(x=x, y=y, z=z)


def _failures(request: PlanGrasps.Request, rng: np.random.Generator) -> None:
    places = rng.choice(_NUMBERS, (int(rng.choice([1, 5, 3000])), 3)).tolist()
    request.avoid = [Point(x=x, y=y, z=z) for x, y, z in places]


def _both(request: PlanGrasps.Request, rng: np.random.Generator) -> None:
    request.points = PointCloud2(height=int(rng.choice(_SIZES)))


_Change = Callable[[PlanGrasps.Request, np.random.Generator], None]
_CHANGES: dict[str, tuple[_Change, ...]] = {
    'depth': (_encoding, _size, _step, _bytes, _byte_order, _frame, _depths, _depths),
    'camera_info': (_matrix, _no_matrix, _camera_size, _distortion, _binning, _window, _frame),
    'mask': (_encoding, _size, _step, _bytes, _byte_order, _frame),
    'points': (_size, _bytes, _byte_order, _frame, _layout, _fields, _coordinates, _coordinates),
    'request': (_choices, _words, _part, _gravity, _failures, _both, _frame),
}
