"""Conversion between messages of grasps and plans and the types of dexnet_core, both ways.

Images, cameras and clouds are converted in modules of their own.
"""

from __future__ import annotations

from collections.abc import Sequence

from dexnet_core.geometry.transform import pose_matrix, quaternion_of, rotation_of
from dexnet_core.io.messages.grasp_messages import (
    grasp_messages,
    GRIPPER_TYPES,
    plan_message,
    PlanTypes,
)
from dexnet_core.io.messages.image_messages import heatmap_pixels
from dexnet_core.planning.grasp import Grasp, GraspPlan, PlanStatus, StageTimes
from dexnet_core.planning.grippers.jaw import JAW_LENGTHS, JawGripper
from dexnet_msgs.msg import Grasp as GraspMsg
from dexnet_msgs.msg import GraspArray, GraspHeatmap, Jaw, Refusal, StageTime
from dexnet_ros.image_conversions import image_to_msg
from geometry_msgs.msg import (
    Point,
    Pose,
    PoseArray,
    Quaternion,
    Transform,
    TransformStamped,
    Vector3,
)
import numpy as np
from numpy.typing import NDArray
from std_msgs.msg import Header

_TYPES = PlanTypes(GraspArray, GraspMsg, Jaw, StageTime, Refusal, Pose, Point, Vector3, Quaternion)
_GRIPPERS = {number: gripper for gripper, number in GRIPPER_TYPES.items()}


def heatmap_from_msg(msg: GraspHeatmap) -> NDArray[np.float32]:
    """Return the (H, W) predicted quality as a view of the message; NaN off the objects."""
    return heatmap_pixels(msg.image)


def heatmap_to_msg(plan: GraspPlan, header: Header) -> GraspHeatmap:
    """Return the heat map message of a plan."""
    image = image_to_msg(plan.heatmap.astype(np.float32, copy=False), '32FC1', header)
    return GraspHeatmap(header=header, image=image, model=plan.model)


def transform_from_msg(msg: Transform) -> NDArray[np.float64]:
    """Return the (4, 4) pose T_parent_child of the child frame in the parent frame."""
    return pose_matrix(_from_xyz(msg.translation), _rotation_from_msg(msg.rotation))


def grasp_from_msg(msg: GraspMsg) -> Grasp:
    """Return the grasp, in the frame of the message's header.

    Raises:
        ValueError: The gripper type is unknown.
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
    """Return the message of a grasp that is in the frame of the header."""
    return grasp_messages([grasp], header, _TYPES)[0]


def plan_from_msg(msg: GraspArray, heatmap: NDArray[np.float32]) -> GraspPlan:
    """Return the plan of a message; the heat map comes from a separate message."""
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
    """Return the message of a plan; every grasp has the same header."""
    return plan_message(plan, header, _TYPES)


def poses_from_grasps(grasps: GraspArray) -> PoseArray:
    """Return the poses of grasps in the same order, best first."""
    return PoseArray(header=grasps.header, poses=[grasp.pose for grasp in grasps.grasps])


def pose_to_msg(T_frame_pose: NDArray[np.float64]) -> Pose:
    """Return the message of a (4, 4) pose."""
    x, y, z = T_frame_pose[:3, 3].tolist()
    qx, qy, qz, qw = quaternion_of(T_frame_pose[:3, :3]).tolist()
    return Pose(position=Point(x=x, y=y, z=z), orientation=Quaternion(x=qx, y=qy, z=qz, w=qw))


def transform_of_grasp(grasp: GraspMsg, frame: str) -> TransformStamped:
    """Return the transform of a child frame at the pose of a grasp, with the grasp's stamp."""
    place = grasp.pose.position
    return TransformStamped(
        header=grasp.header,
        child_frame_id=frame,
        transform=Transform(
            translation=Vector3(x=place.x, y=place.y, z=place.z), rotation=grasp.pose.orientation
        ),
    )


def jaw_from_msg(msg: Jaw) -> JawGripper | None:
    """Return the jaw of a message; None if all fields are zero.

    Raises:
        ValueError: A length is invalid.
    """
    if not msg.max_opening:
        return None
    return JawGripper(**{name: getattr(msg, name) for name in (*JAW_LENGTHS, 'name')})


def _rotation_from_msg(msg: Quaternion) -> NDArray[np.float64]:
    return rotation_of(np.array([msg.x, msg.y, msg.z, msg.w]))


def vector_from_msg(msg: Vector3) -> NDArray[np.float64] | None:
    """Return a vector as (3,); None if it is zero."""
    values = _from_xyz(msg)
    return values if values.any() else None


def points_from_msgs(msgs: Sequence[Point]) -> NDArray[np.float64] | None:
    """Return points as (k, 3); None without points."""
    return np.array([_from_xyz(msg) for msg in msgs]) if msgs else None


def _from_xyz(msg: Point | Vector3) -> NDArray[np.float64]:
    return np.array([msg.x, msg.y, msg.z])
