"""Grasps as grasping_msgs: of each object, or as the answer of a GraspPlanning action.

Needs grasping_msgs and moveit_msgs, which nothing else here does: sudo apt install
ros-$ROS_DISTRO-grasping-msgs ros-$ROS_DISTRO-moveit-msgs.
"""

from __future__ import annotations

from dexnet_msgs.msg import GraspArray
from dexnet_ros.moveit_grasps import moveit_grasps, Way
from dexnet_ros.robot_hand import RobotHand
from grasping_msgs.action import GraspPlanning
from grasping_msgs.msg import GraspableObject, Object
from moveit_msgs.msg import Grasp as MoveItGrasp


def graspable_objects(
    grasps: GraspArray, hand: RobotHand, way: Way | None = None
) -> list[GraspableObject]:
    """Return an object for each object_id, that of the best grasp first.

    Its name is `object_` and the label; its grasps may touch what has that name. A node that
    plans without a label image gives each grasp the label 0, and all are of one object. Shape and
    points stay empty: a GraspArray has none.

    Args:
        grasps: As a planner node publishes them.
        hand: The robot's.
        way: To a grasp and from it; None = the usual one.

    Raises:
        ValueError: As `moveit_grasps`.
    """
    labels = dict.fromkeys(grasp.object_id for grasp in grasps.grasps)
    return [
        GraspableObject(
            object=Object(header=grasps.header, name=object_name(label)),
            grasps=_grasps_of(label, grasps, hand, way),
        )
        for label in labels
    ]


def planning_result(
    grasps: GraspArray, label: int, hand: RobotHand, way: Way | None = None
) -> GraspPlanning.Result:
    """Return what a GraspPlanning action answers for the object with a label, best grasp first.

    Raises:
        ValueError: As `moveit_grasps`.
    """
    return GraspPlanning.Result(grasps=_grasps_of(label, grasps, hand, way))


def object_name(label: int) -> str:
    """Return the name of the object with a label."""
    return f'object_{label}'


def _grasps_of(
    label: int, grasps: GraspArray, hand: RobotHand, way: Way | None
) -> list[MoveItGrasp]:
    own = [grasp for grasp in grasps.grasps if grasp.object_id == label]
    return moveit_grasps(GraspArray(grasps=own), hand, way, touch=[object_name(label)])
