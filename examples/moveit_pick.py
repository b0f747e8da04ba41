"""Plans a pick with MoveIt Task Constructor at the best grasp that the arm can reach.

    ros2 launch examples/moveit_pick.launch.py [frame:=world] [execute:=true]

It asks a planner node for grasps and makes a task for each of them, best first: open the hand,
move in front of the grasp, approach, close and lift. The first that can be planned is published
for RViz and, with --execute, carried out. For another robot than Franka's Panda, change PANDA.
docs/moveit.md says what has to run beside it. Ends with 0 if a pick was planned, otherwise with
the reason.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from importlib.util import find_spec
import sys
from typing import Any, NamedTuple, TYPE_CHECKING

from dexnet_core.geometry.transform import invert, pose_matrix
from dexnet_msgs.action import PlanGraspsAction
from dexnet_msgs.msg import Grasp
from dexnet_ros.conversions import pose_to_msg
from dexnet_ros.robot_hand import Finger, RobotHand
from geometry_msgs.msg import PoseStamped, Vector3, Vector3Stamped
import rclpy
from rclpy.action import ActionClient
from rclpy.node import Node
from rclpy.task import Future
from rclpy.utilities import remove_ros_args
from std_msgs.msg import Header

if TYPE_CHECKING:
    from moveit.task_constructor import core, stages
    import rclcpp

_PATIENCE_S = 30.0
_APPROACH = (0.05, 0.10)
_LIFT = (0.05, 0.10)
"""Least and greatest metres of the straight ways."""
_IK_SOLUTIONS = 8


class Robot(NamedTuple):
    """What MoveIt calls the parts of a robot.

    Attributes:
        hand: Its link, and its fingers; without fingers, nothing is opened or closed.
        arm: Planning group of the arm.
        fingers: Planning group of the fingers.
        touching: Links that may touch what the camera saw.
        world: A frame whose z points upwards.
    """

    hand: RobotHand
    arm: str
    fingers: str
    touching: tuple[str, ...]
    world: str


T_HAND_GRASP = pose_matrix([0.0, 0.0, 0.1124], [[0, -1, 0], [1, 0, 0], [0, 0, 1]])
"""Fingertips as far from the hand's link as config/grippers/franka_hand.yaml says; they close
along the link's y, which is x of a grasp."""
PANDA = Robot(
    hand=RobotHand(
        link='panda_hand',
        T_tcp_link=invert(T_HAND_GRASP),
        fingers=(
            Finger('panda_finger_joint1', closed=0.0, opened=0.04),
            Finger('panda_finger_joint2', closed=0.0, opened=0.04),
        ),
        max_opening=0.08,
    ),
    arm='panda_arm',
    fingers='hand',
    touching=('panda_hand', 'panda_leftfinger', 'panda_rightfinger'),
    world='panda_link0',
)


def main() -> str | None:
    """Ask, plan, and return why there is no pick, or None."""
    asked = _parser().parse_args(remove_ros_args(sys.argv)[1:])
    if find_spec('moveit') is None:
        return (
            'MoveIt Task Constructor is not installed:'
            ' sudo apt install ros-$ROS_DISTRO-moveit-task-constructor-core'
        )
    rclpy.init()
    goal = PlanGraspsAction.Goal(num_grasps=asked.grasps, target_frame=asked.frame)
    try:
        grasps = plan_grasps(rclpy.create_node('moveit_pick'), asked.action, goal)
    except RuntimeError as error:
        return f'no grasp: {error}'
    import rclcpp  # of py_binding_tools: Task Constructor wants a node of C++

    rclcpp.init()
    node = rclcpp.Node('moveit_pick_tasks')
    for rank, grasp in enumerate(grasps):
        task = pick_task(node, grasp, PANDA, asked.object)
        if task.plan(max_solutions=1):
            print(f'grasp {rank} with score {grasp.score:.3f} can be picked')  # noqa: T201
            return _use(task, asked.execute)
    return f'none of {len(grasps)} grasps can be reached'


def plan_grasps(node: Node, action: str, goal: PlanGraspsAction.Goal) -> list[Grasp]:
    """Return the grasps of a planner node, best first.

    Raises:
        RuntimeError: There is none, or no answer.
    """
    client = ActionClient(node, PlanGraspsAction, action)
    if not client.wait_for_server(_PATIENCE_S):
        raise RuntimeError(f'no action {action} within {_PATIENCE_S:g} s: is the node active?')
    handle = _awaited(node, client.send_goal_async(goal))
    if not handle.accepted:
        raise RuntimeError(f'{action} refused the goal: is the node active?')
    result = _awaited(node, handle.get_result_async()).result
    if not result.success:
        raise RuntimeError(result.reason)
    return result.grasps.grasps


def pick_task(node: rclcpp.Node, grasp: Grasp, robot: Robot, touched: str) -> core.Task:
    """Return the task of a pick at a grasp; nothing is planned yet.

    Args:
        node: Has the parameters of MoveIt: robot_description and the like.
        grasp: In a frame that MoveIt knows.
        robot: That picks.
        touched: Name of what the hand may touch in the planning scene.
    """
    from moveit.task_constructor import core, stages

    task = core.Task()
    task.name = 'pick'
    task.loadRobotModel(node)
    task.add(stages.CurrentState('current state'))
    allow = stages.ModifyPlanningScene('let the hand touch')
    allow.allowCollisions([touched], list(robot.touching), True)
    task.add(allow)
    start = 'let the hand touch'
    if robot.hand.fingers:
        start = 'open hand'
        task.add(_move_fingers(start, robot, robot.hand.positions(grasp.width)))
    planner = core.PipelinePlanner(node)
    task.add(stages.Connect('move before the grasp', [(robot.arm, planner)]))
    ahead = Header(frame_id=robot.hand.link), robot.hand.approach.tolist()
    task.add(_go_straight('approach', robot, ahead, _APPROACH))
    task.add(_reach(grasp, robot, task[start]))
    if robot.hand.fingers:
        task.add(_move_fingers('close hand', robot, robot.hand.positions(0.0)))
    upwards = Header(frame_id=robot.world), [0.0, 0.0, 1.0]
    task.add(_go_straight('lift', robot, upwards, _LIFT))
    return task


def _reach(grasp: Grasp, robot: Robot, start: core.Stage) -> stages.ComputeIK:
    """Return the stage of the arm's positions at which the hand is at a grasp."""
    from moveit.task_constructor import core, stages

    generator = stages.GeneratePose('pose of the grasp')
    generator.pose = PoseStamped(header=grasp.header, pose=grasp.pose)
    generator.setMonitoredStage(start)
    reach = stages.ComputeIK('reach the grasp', generator)
    reach.group = robot.arm
    reach.ik_frame = _grasp_in_hand(robot)
    reach.max_ik_solutions = _IK_SOLUTIONS
    source = core.Stage.PropertyInitializerSource.INTERFACE
    reach.properties.configureInitFrom(source, ['target_pose'])
    return reach


def _go_straight(
    name: str,
    robot: Robot,
    direction: tuple[Header, list[float]],
    distance: tuple[float, float],
) -> stages.MoveRelative:
    from moveit.task_constructor import core, stages

    header, (x, y, z) = direction
    move = stages.MoveRelative(name, core.CartesianPath())
    move.group = robot.arm
    move.ik_frame = _grasp_in_hand(robot)
    move.setDirection(Vector3Stamped(header=header, vector=Vector3(x=x, y=y, z=z)))
    move.min_distance, move.max_distance = distance
    return move


def _move_fingers(name: str, robot: Robot, positions: Mapping[str, float]) -> stages.MoveTo:
    from moveit.task_constructor import core, stages

    move = stages.MoveTo(name, core.JointInterpolationPlanner())
    move.group = robot.fingers
    move.setGoal(dict(positions))
    return move


def _grasp_in_hand(robot: Robot) -> PoseStamped:
    """Return the frame of a grasp, as seen from the link of the hand."""
    pose = pose_to_msg(invert(robot.hand.T_tcp_link))
    return PoseStamped(header=Header(frame_id=robot.hand.link), pose=pose)


def _use(task: core.Task, execute: bool) -> str | None:
    """Show the plan and, if asked, carry it out; return what failed, or None."""
    best = task.solutions[0]
    task.publish(best)
    if execute and not (code := task.execute(best)):
        return f'MoveIt did not carry the pick out: error code {code.val}'
    return None


def _awaited(node: Node, future: Future) -> Any:  # noqa: ANN401
    """Return what a future brings; raise RuntimeError where it takes too long."""
    rclpy.spin_until_future_complete(node, future, timeout_sec=_PATIENCE_S)
    if not future.done():
        raise RuntimeError(f'no answer within {_PATIENCE_S:g} s')
    return future.result()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--action', default='plan_grasps_action', help='of the planner node')
    parser.add_argument('--frame', default=PANDA.world, help='that MoveIt knows; of the grasps')
    parser.add_argument('--grasps', type=int, default=10, help='that are tried at most')
    parser.add_argument(
        '--object', default='<octomap>', help='in the planning scene, that the hand may touch'
    )
    parser.add_argument('--execute', action='store_true', help='move the robot')
    return parser


if __name__ == '__main__':
    sys.exit(main())
