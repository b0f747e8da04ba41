"""Between ROS messages and the core's types, in pairs; clouds have a file of their own.

Nothing else knows both sides. Images are read as numpy views of the message's own memory and
written in the one way that is fast with and without rclpy's field checks: into the message's
array, without a list between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
import sys
from typing import TypeVar

from dexnet_core.geometry.camera import CameraIntrinsics, depth_from_image, MILLIMETRES
from dexnet_core.geometry.transform import pose_matrix, quaternion_of, rotation_of
from dexnet_core.grasp import Grasp, GraspPlan, Gripper, PlanStatus, StageTimes
from dexnet_core.grippers.jaw import JawGripper
from dexnet_core.runtime.request import Region, window_camera
from dexnet_msgs.msg import Grasp as GraspMsg
from dexnet_msgs.msg import GraspArray, GraspHeatmap, Jaw, Refusal, StageTime
from geometry_msgs.msg import Point, Pose, Quaternion, Transform, Vector3
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CameraInfo, Image, RegionOfInterest
from std_msgs.msg import Header

DEPTH_ENCODINGS = {'32FC1': np.float32, '16UC1': np.uint16, 'mono16': np.uint16}
MASK_ENCODINGS = {'8UC1': np.uint8, 'mono8': np.uint8}

_Xyz = TypeVar('_Xyz', Point, Vector3)
_GRIPPER_TYPES = {Gripper.SUCTION: GraspMsg.SUCTION, Gripper.PARALLEL_JAW: GraspMsg.PARALLEL_JAW}
_GRIPPERS = {number: gripper for gripper, number in _GRIPPER_TYPES.items()}


def depth_from_msg(msg: Image) -> NDArray[np.float32]:
    """Return (H, W) float32 metres, 0 where nothing was seen.

    A 32FC1 image that saw something at every pixel is not copied: the result is then a read-only
    view of the message.

    Args:
        msg: 32FC1 in metres, or 16UC1 or mono16 in millimetres.

    Raises:
        ValueError: Another encoding, no pixels, or less data than the size says.
    """
    return depth_from_image(_pixels(msg, DEPTH_ENCODINGS, 'depth image'))


def depth_to_msg(depth: NDArray[np.float32], encoding: str, header: Header) -> Image:
    """Return an image message of (H, W) metres: 32FC1, or 16UC1 in millimetres."""
    if encoding not in DEPTH_ENCODINGS:
        raise ValueError(f'encoding is {encoding!r}, expected one of {list(DEPTH_ENCODINGS)}')
    if DEPTH_ENCODINGS[encoding] is np.uint16:
        depth = np.clip(np.rint(depth * MILLIMETRES), 0, np.iinfo(np.uint16).max).astype(np.uint16)
    return _image_to_msg(depth.astype(DEPTH_ENCODINGS[encoding], copy=False), encoding, header)


def mask_from_msg(msg: Image) -> NDArray[np.bool_]:
    """Return (H, W) True where an 8UC1 or mono8 image is not zero."""
    return _pixels(msg, MASK_ENCODINGS, 'mask') != 0


def mask_to_msg(mask: NDArray[np.bool_], header: Header) -> Image:
    """Return a mono8 image, 255 where the (H, W) mask is True."""
    return _image_to_msg(mask.astype(np.uint8) * np.uint8(255), 'mono8', header)


def heatmap_from_msg(msg: GraspHeatmap) -> NDArray[np.float32]:
    """Return the (H, W) predicted quality, NaN off the objects, as a view of the message."""
    return _pixels(msg.image, {'32FC1': np.float32}, 'heat map')


def heatmap_to_msg(plan: GraspPlan, header: Header) -> GraspHeatmap:
    """Return the plan's heat map."""
    image = _image_to_msg(plan.heatmap.astype(np.float32, copy=False), '32FC1', header)
    return GraspHeatmap(header=header, image=image, model=plan.model)


def camera_from_msg(msg: CameraInfo) -> CameraIntrinsics:
    """Return the pinhole camera of a rectified image: P, or K where P is not filled in.

    Binning and region of interest are applied, as image_geometry does; what P says of a second
    camera (its fourth column) is not.

    Raises:
        ValueError: The camera is not calibrated, or its size or region is impossible.
    """
    matrix = np.reshape(msg.p, (3, 4))
    if not matrix[0, 0] > 0:
        matrix = np.reshape(msg.k, (3, 3))
    (fx, _, cx), (_, fy, cy) = matrix[:2, :3].tolist()
    full = CameraIntrinsics(msg.width, msg.height, fx, fy, cx, cy)
    binning = max(1, msg.binning_x), max(1, msg.binning_y)
    return window_camera(full, region_from_msg(msg.roi), binning)


def camera_to_msg(camera: CameraIntrinsics, header: Header) -> CameraInfo:
    """Return the camera info of an image without distortion."""
    fx, fy, cx, cy = (float(value) for value in (camera.fx, camera.fy, camera.cx, camera.cy))
    return CameraInfo(
        header=header,
        width=camera.width,
        height=camera.height,
        distortion_model='plumb_bob',
        d=[0.0] * 5,
        k=[fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0],
        r=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        p=[fx, 0.0, cx, 0.0, 0.0, fy, cy, 0.0, 0.0, 0.0, 1.0, 0.0],
    )


def region_from_msg(msg: RegionOfInterest) -> Region:
    """Return the rectangle of pixels; whether it is rectified does not matter here."""
    return Region(msg.x_offset, msg.y_offset, msg.width, msg.height)


def transform_from_msg(msg: Transform) -> NDArray[np.float64]:
    """Return the (4, 4) matrix T_parent_child of a transform of frame child in frame parent."""
    return pose_matrix(_from_xyz(msg.translation), _rotation_from_msg(msg.rotation))


def grasp_from_msg(msg: GraspMsg) -> Grasp:
    """Return the grasp, in the frame that the message's header names.

    Raises:
        ValueError: The type of gripper is unknown.
    """
    if msg.gripper_type not in _GRIPPERS:
        raise ValueError(f'gripper_type is {msg.gripper_type}, expected one of {list(_GRIPPERS)}')
    return Grasp(
        gripper=_GRIPPERS[msg.gripper_type],
        T_camera_grasp=pose_matrix(
            _from_xyz(msg.pose.position), _rotation_from_msg(msg.pose.orientation)
        ),
        score=msg.score,
        pixel=(float(msg.pixel[0]), float(msg.pixel[1])),
        contacts=np.array([_from_xyz(point) for point in msg.contact_points]).reshape(-1, 3),
        normals=np.array([_from_xyz(normal) for normal in msg.contact_normals]).reshape(-1, 3),
        width=msg.width,
        depth=msg.depth,
        cup_radius=msg.cup_radius,
        object_id=msg.object_id,
    )


def grasp_to_msg(grasp: Grasp, header: Header) -> GraspMsg:
    """Return the message of a grasp in the frame that the header names."""
    return GraspMsg(
        header=header,
        gripper_type=_GRIPPER_TYPES[grasp.gripper],
        pose=_pose_to_msg(grasp.T_camera_grasp),
        score=float(grasp.score),
        width=float(grasp.width),
        depth=float(grasp.depth),
        cup_radius=float(grasp.cup_radius),
        object_id=grasp.object_id,
        pixel=np.asarray(grasp.pixel, np.float32),
        contact_points=[_to_xyz(Point, point) for point in grasp.contacts],
        contact_normals=[_to_xyz(Vector3, normal) for normal in grasp.normals],
    )


def plan_from_msg(msg: GraspArray, heatmap: NDArray[np.float32]) -> GraspPlan:
    """Return the plan of a message; the heat map has one of its own."""
    return GraspPlan(
        grasps=tuple(grasp_from_msg(grasp) for grasp in msg.grasps),
        status=PlanStatus(msg.status),
        message=msg.message,
        heatmap=heatmap,
        model=msg.model,
        times=StageTimes({stage.name: stage.ms for stage in msg.stages}),
        refused={refusal.reason: refusal.count for refusal in msg.refused},
        approach=msg.approach,
        jaw=jaw_from_msg(msg.jaw),
    )


def plan_to_msg(plan: GraspPlan, header: Header) -> GraspArray:
    """Return the message of a plan; every grasp carries the same header."""
    return GraspArray(
        header=header,
        grasps=[grasp_to_msg(grasp, header) for grasp in plan.grasps],
        status=int(plan.status),
        message=plan.message,
        model=plan.model,
        planning_ms=float(plan.times.total_ms),
        stages=[StageTime(name=name, ms=float(ms)) for name, ms in plan.times.items()],
        refused=[Refusal(reason=reason, count=n) for reason, n in plan.refused.items() if n],
        approach=plan.approach,
        jaw=jaw_to_msg(plan.jaw),
    )


def jaw_from_msg(msg: Jaw) -> JawGripper | None:
    """Return the jaw of a message; None where it describes none.

    Raises:
        ValueError: A length is impossible.
    """
    if not msg.max_opening:
        return None
    return JawGripper(**{item.name: getattr(msg, item.name) for item in fields(JawGripper)})


def jaw_to_msg(jaw: JawGripper | None) -> Jaw:
    """Return the message of a jaw, or one that describes none."""
    return Jaw() if jaw is None else Jaw(**vars(jaw))


def _pixels(msg: Image, encodings: dict[str, type], what: str) -> NDArray[np.generic]:
    """Return a read-only (H, W) view of an image's pixels in this machine's byte order."""
    if msg.encoding not in encodings:
        raise ValueError(f'{what} has encoding {msg.encoding!r}, expected {_names(encodings)}')
    if msg.height == 0 or msg.width == 0:
        raise ValueError(f'{what} is {msg.width}x{msg.height}, expected at least 1x1')
    dtype = np.dtype(encodings[msg.encoding]).newbyteorder('>' if msg.is_bigendian else '<')
    if msg.step < msg.width * dtype.itemsize:
        least = msg.width * dtype.itemsize
        raise ValueError(f'{what} has step {msg.step}, expected at least {least} bytes')
    if len(msg.data) < msg.step * msg.height:
        least = msg.step * msg.height
        raise ValueError(f'{what} has {len(msg.data)} bytes, expected step * height = {least}')
    strides = (msg.step, dtype.itemsize)
    view = np.ndarray((msg.height, msg.width), dtype, buffer=msg.data, strides=strides)
    view.flags.writeable = False
    return view.astype(dtype.newbyteorder('='), copy=False)


def _names(encodings: dict[str, type]) -> str:
    return ' or '.join(encodings)


def _image_to_msg(pixels: NDArray[np.generic], encoding: str, header: Header) -> Image:
    height, width = pixels.shape
    msg = Image(header=header, height=height, width=width, encoding=encoding)
    msg.is_bigendian = int(sys.byteorder == 'big')
    msg.step = width * pixels.itemsize
    msg.data.frombytes(memoryview(np.ascontiguousarray(pixels)).cast('B'))
    return msg


def _pose_to_msg(pose: NDArray[np.float64]) -> Pose:
    x, y, z, w = quaternion_of(pose[:3, :3]).tolist()
    return Pose(position=_to_xyz(Point, pose[:3, 3]), orientation=Quaternion(x=x, y=y, z=z, w=w))


def _rotation_from_msg(msg: Quaternion) -> NDArray[np.float64]:
    return rotation_of(np.array([msg.x, msg.y, msg.z, msg.w]))


def _to_xyz(kind: type[_Xyz], values: NDArray[np.float64]) -> _Xyz:
    x, y, z = values.tolist()
    return kind(x=x, y=y, z=z)


def vector_from_msg(msg: Vector3) -> NDArray[np.float64] | None:
    """Return (3,) of a vector; None where all of it is zero."""
    values = _from_xyz(msg)
    return values if values.any() else None


def points_from_msgs(msgs: Sequence[Point]) -> NDArray[np.float64] | None:
    """Return (k, 3) of points; None without any."""
    return np.array([_from_xyz(msg) for msg in msgs]) if msgs else None


def _from_xyz(msg: Point | Vector3) -> NDArray[np.float64]:
    return np.array([msg.x, msg.y, msg.z])
