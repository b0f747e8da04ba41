"""Conversion of grasps to grasping_msgs: GraspableObject, or the result of GraspPlanning.

Needs the optional packages grasping_msgs and moveit_msgs: sudo apt install
ros-$ROS_DISTRO-grasping-msgs ros-$ROS_DISTRO-moveit-msgs.
"""

from __future__ import annotations

from dexnet_msgs.msg import GraspArray
from dexnet_ros.moveit_grasps import ApproachRetreat, moveit_grasps
from dexnet_ros.robot_hand import RobotHand
from grasping_msgs.action import GraspPlanning
from grasping_msgs.msg import GraspableObject, Object
from moveit_msgs.msg import Grasp as MoveItGrasp


def graspable_objects(
    grasps: GraspArray, hand: RobotHand, motion: ApproachRetreat | None = None
) -> list[GraspableObject]:
    """Return one object for each object_id, the object of the best grasp first.

    The name of an object is `object_` and its label; its grasps are allowed to touch an object of
    this name. A node that plans without a label image gives all grasps the label 0, so that there
    is one object. Shape and points are empty, because a GraspArray has none.

    Args:
        grasps: Grasps of a planner node.
        hand: Hand of the robot.
        motion: Approach and retreat; None = the defaults.

    Raises:
        ValueError: As in `moveit_grasps`.
    """
    labels = dict.fromkeys(grasp.object_id for grasp in grasps.grasps)
    return [
        GraspableObject(
            object=Object(header=grasps.header, name=object_name(label)),
            grasps=_grasps_of(label, grasps, hand, motion),
        )
        for label in labels
    ]


def planning_result(
    grasps: GraspArray, label: int, hand: RobotHand, motion: ApproachRetreat | None = None
) -> GraspPlanning.Result:
    """Return the result of a GraspPlanning action for the object with a label, best grasp first.

    Raises:
        ValueError: As in `moveit_grasps`.
    """
    return GraspPlanning.Result(grasps=_grasps_of(label, grasps, hand, motion))


def object_name(label: int) -> str:
    """Return the name of the object with a label."""
    return f'object_{label}'


def _grasps_of(
    label: int, grasps: GraspArray, hand: RobotHand, motion: ApproachRetreat | None
) -> list[MoveItGrasp]:
    own = [grasp for grasp in grasps.grasps if grasp.object_id == label]
    return moveit_grasps(GraspArray(grasps=own), hand, motion, touch=[object_name(label)])
