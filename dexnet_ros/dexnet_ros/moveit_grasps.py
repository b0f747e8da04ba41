"""Grasps as moveit_msgs/Grasp.

Needs moveit_msgs, which nothing else here does: sudo apt install ros-$ROS_DISTRO-moveit-msgs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from builtin_interfaces.msg import Duration
from dexnet_core.geometry.approach_poses import PREGRASP, RETREAT, retreat_pose
from dexnet_msgs.msg import Grasp, GraspArray
from dexnet_ros.conversions import grasp_from_msg, pose_to_msg
from dexnet_ros.robot_hand import RobotHand
from geometry_msgs.msg import PoseStamped, Vector3, Vector3Stamped
from moveit_msgs.msg import Grasp as MoveItGrasp
from moveit_msgs.msg import GripperTranslation
import numpy as np
from numpy.typing import NDArray
from std_msgs.msg import Header
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

_FINGERS_TAKE = Duration(sec=1)


@dataclass(frozen=True, eq=False)
class Way:
    """How a robot comes to a grasp and leaves.

    Attributes:
        approach: Metres of the straight way to the grasp.
        retreat: Metres of the straight way from it, with the object, and from where it was placed.
        least: Share of these distances that the robot must be able to go.
        up: (3,) direction against gravity in the frame of the grasps, along which the object is
            lifted; None = back along the approach.

    Raises:
        ValueError: A number makes no sense.
    """

    approach: float = PREGRASP
    retreat: float = RETREAT
    least: float = 0.5
    up: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        if not (self.approach > 0 and self.retreat > 0):
            got = f'{self.approach} and {self.retreat}'
            raise ValueError(f'approach and retreat are {got}, expected > 0 m')
        if not 0 <= self.least <= 1:
            raise ValueError(f'least is {self.least}, expected a share from 0 to 1')


def moveit_grasps(
    grasps: GraspArray, hand: RobotHand, way: Way | None = None, touch: Sequence[str] = ()
) -> list[MoveItGrasp]:
    """Return the grasps for MoveIt, best first, with ids `grasp_0`, `grasp_1`, ...

    The pose is that of the hand's link. Approach and retreat are directions in the frame of the
    pose. The retreat from where the object was placed is one in the frame of the link, as nobody
    knows yet how the hand will be turned there. Postures are empty without fingers. The hand
    closes as far as it can; a controller stops where the object is. MoveIt knows no time of a
    pose: ask for grasps in a frame that does not move, such as base_link.

    Args:
        grasps: As a planner node publishes them.
        hand: The robot's.
        way: To the grasp and from it; None = the usual one.
        touch: Names of objects in the planning scene that the hand may touch.

    Raises:
        ValueError: A grasp is wider than the hand opens, or the type of gripper is unknown.
    """
    way = way or Way()
    return [
        _grasp(f'grasp_{rank}', grasp, hand, way, touch)
        for rank, grasp in enumerate(grasps.grasps)
    ]


def _grasp(
    name: str, grasp: Grasp, hand: RobotHand, way: Way, touch: Sequence[str]
) -> MoveItGrasp:
    T = grasp_from_msg(grasp).T_camera_grasp
    away = retreat_pose(T, 1.0, way.up)[:3, 3] - T[:3, 3]
    at_link = Header(frame_id=hand.link, stamp=grasp.header.stamp)
    return MoveItGrasp(
        id=name,
        pre_grasp_posture=_posture(hand.positions(grasp.width)),
        grasp_posture=_posture(hand.positions(0.0)),
        grasp_pose=PoseStamped(header=grasp.header, pose=pose_to_msg(hand.link_pose(T))),
        grasp_quality=grasp.score,
        pre_grasp_approach=_translation(grasp.header, T[:3, 2], way.approach, way.least),
        post_grasp_retreat=_translation(grasp.header, away, way.retreat, way.least),
        post_place_retreat=_translation(at_link, -hand.approach, way.retreat, way.least),
        max_contact_force=float(hand.max_force),
        allowed_touch_objects=list(touch),
    )


def _posture(positions: Mapping[str, float]) -> JointTrajectory:
    """Return the one point of the fingers, or a trajectory of nothing."""
    if not positions:
        return JointTrajectory()
    point = JointTrajectoryPoint(positions=list(positions.values()), time_from_start=_FINGERS_TAKE)
    return JointTrajectory(joint_names=list(positions), points=[point])


def _translation(
    header: Header, direction: NDArray[np.float64], distance: float, least: float
) -> GripperTranslation:
    x, y, z = direction.tolist()
    return GripperTranslation(
        direction=Vector3Stamped(header=header, vector=Vector3(x=x, y=y, z=z)),
        desired_distance=float(distance),
        min_distance=float(least * distance),
    )
