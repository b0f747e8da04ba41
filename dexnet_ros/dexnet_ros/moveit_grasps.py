"""Conversion of grasps to moveit_msgs/Grasp.

Needs the optional package moveit_msgs: sudo apt install ros-$ROS_DISTRO-moveit-msgs.
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
class ApproachRetreat:
    """Approach to a grasp and retreat from it.

    Attributes:
        approach: Metres of the straight approach.
        retreat: Metres of the straight retreat, both after the grasp and after the placement.
        least: Share of these distances that the robot must be able to move.
        up: (3,) direction against gravity in the frame of the grasps, the direction of the
            retreat; None = back along the approach.

    Raises:
        ValueError: A value is invalid.
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
    grasps: GraspArray,
    hand: RobotHand,
    motion: ApproachRetreat | None = None,
    touch: Sequence[str] = (),
) -> list[MoveItGrasp]:
    """Return the grasps for MoveIt, best first, with ids `grasp_0`, `grasp_1`, ...

    The pose is that of the hand's link. Approach and retreat are directions in the frame of the
    pose. The retreat after the placement is a direction in the frame of the link, because the
    orientation of the hand at the placement is not known yet. Postures are empty without fingers.
    The closed posture has width 0; the controller must stop at the object. MoveIt ignores the
    stamp of a pose, so the grasps should be in a fixed frame, such as base_link.

    Args:
        grasps: Grasps of a planner node.
        hand: Hand of the robot.
        motion: Approach and retreat; None = the defaults.
        touch: Names of objects in the planning scene that the hand may touch.

    Raises:
        ValueError: A grasp is wider than the hand opens, or the gripper type is unknown.
    """
    motion = motion or ApproachRetreat()
    return [
        _grasp(f'grasp_{rank}', grasp, hand, motion, touch)
        for rank, grasp in enumerate(grasps.grasps)
    ]


def _grasp(
    name: str, grasp: Grasp, hand: RobotHand, motion: ApproachRetreat, touch: Sequence[str]
) -> MoveItGrasp:
    T = grasp_from_msg(grasp).T_camera_grasp
    away = retreat_pose(T, 1.0, motion.up)[:3, 3] - T[:3, 3]
    at_link = Header(frame_id=hand.link, stamp=grasp.header.stamp)
    return MoveItGrasp(
        id=name,
        pre_grasp_posture=_posture(hand.positions(grasp.width)),
        grasp_posture=_posture(hand.positions(0.0)),
        grasp_pose=PoseStamped(header=grasp.header, pose=pose_to_msg(hand.link_pose(T))),
        grasp_quality=grasp.score,
        pre_grasp_approach=_translation(grasp.header, T[:3, 2], motion.approach, motion.least),
        post_grasp_retreat=_translation(grasp.header, away, motion.retreat, motion.least),
        post_place_retreat=_translation(at_link, -hand.approach, motion.retreat, motion.least),
        max_contact_force=float(hand.max_force),
        allowed_touch_objects=list(touch),
    )


def _posture(positions: Mapping[str, float]) -> JointTrajectory:
    """Return a trajectory with one point of the finger joints; empty without fingers."""
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
