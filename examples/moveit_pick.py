"""Plans a pick with MoveIt Task Constructor at the best reachable grasp.

    ros2 launch examples/moveit_pick.launch.py [frame:=world] [execute:=true]

It requests grasps from a planner node and creates a task for each grasp, best first: open the
hand, move to the pre-grasp, approach, close and lift. The first task that can be planned is
published for RViz and, with --execute, executed. For another robot than Franka's Panda, change
PANDA. docs/moveit.md describes which other nodes must run. The exit status is 0 if a pick was
planned; otherwise the reason is printed.
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
"""Minimum and maximum distance in metres of the straight motions."""
_IK_SOLUTIONS = 8


class Robot(NamedTuple):
    """Names of the parts of a robot in MoveIt.

    Attributes:
        hand: Hand with its link and fingers; without fingers, nothing is opened or closed.
        arm: Planning group of the arm.
        fingers: Planning group of the fingers.
        touching: Links that may touch the object.
        world: Frame whose z axis points up.
    """

    hand: RobotHand
    arm: str
    fingers: str
    touching: tuple[str, ...]
    world: str


T_HAND_GRASP = pose_matrix([0.0, 0.0, 0.1124], [[0, -1, 0], [1, 0, 0], [0, 0, 1]])
"""Pose of the grasp frame in the hand's link. The distance is that of
config/grippers/franka_hand.yaml; the closing axis x of a grasp is the y axis of the link."""
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
    """Request grasps and plan a pick; return the reason if there is none, else None."""
    args = _parser().parse_args(remove_ros_args(sys.argv)[1:])
    if find_spec('moveit') is None:
        return (
            'MoveIt Task Constructor is not installed:'
            ' sudo apt install ros-$ROS_DISTRO-moveit-task-constructor-core'
        )
    rclpy.init()
    goal = PlanGraspsAction.Goal(num_grasps=args.grasps, target_frame=args.frame)
    try:
        grasps = plan_grasps(rclpy.create_node('moveit_pick'), args.action, goal)
    except RuntimeError as error:
        return f'no grasp: {error}'
    import rclcpp  # from py_binding_tools: Task Constructor needs an rclcpp node

    rclcpp.init()
    node = rclcpp.Node('moveit_pick_tasks')
    for rank, grasp in enumerate(grasps):
        task = pick_task(node, grasp, PANDA, args.object)
        if task.plan(max_solutions=1):
            print(f'grasp {rank} with score {grasp.score:.3f} can be picked')  # noqa: T201
            return _use(task, args.execute)
    return f'none of {len(grasps)} grasps can be reached'


def plan_grasps(node: Node, action: str, goal: PlanGraspsAction.Goal) -> list[Grasp]:
    """Return the grasps of a planner node, best first.

    Raises:
        RuntimeError: There is no grasp, or no response.
    """
    client = ActionClient(node, PlanGraspsAction, action)
    if not client.wait_for_server(_PATIENCE_S):
        raise RuntimeError(f'no action {action} within {_PATIENCE_S:g} s: is the node active?')
    handle = _awaited(node, client.send_goal_async(goal))
    if not handle.accepted:
        raise RuntimeError(f'{action} rejected the goal: is the node active?')
    result = _awaited(node, handle.get_result_async()).result
    if not result.success:
        raise RuntimeError(result.reason)
    return result.grasps.grasps


def pick_task(node: rclcpp.Node, grasp: Grasp, robot: Robot, touched: str) -> core.Task:
    """Return the task of a pick at a grasp; nothing is planned yet.

    Args:
        node: Node with the MoveIt parameters, such as robot_description.
        grasp: Grasp in a frame that MoveIt knows.
        robot: Robot that picks.
        touched: Name of the object in the planning scene that the hand may touch.
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
    """Return the inverse kinematics stage for the hand at a grasp."""
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
    """Return the pose of the grasp frame in the frame of the hand's link."""
    pose = pose_to_msg(invert(robot.hand.T_tcp_link))
    return PoseStamped(header=Header(frame_id=robot.hand.link), pose=pose)


def _use(task: core.Task, execute: bool) -> str | None:
    """Publish the plan, and execute it if requested; return the error, or None."""
    best = task.solutions[0]
    task.publish(best)
    if execute and not (code := task.execute(best)):
        return f'MoveIt failed to execute the pick: error code {code.val}'
    return None


def _awaited(node: Node, future: Future) -> Any:  # noqa: ANN401
    """Wait for a future and return its result; raise RuntimeError on a timeout."""
    rclpy.spin_until_future_complete(node, future, timeout_sec=_PATIENCE_S)
    if not future.done():
        raise RuntimeError(f'no response within {_PATIENCE_S:g} s')
    return future.result()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        '--action', default='plan_grasps_action', help='action of the planner node'
    )
    parser.add_argument(
        '--frame', default=PANDA.world, help='frame of the grasps, which MoveIt must know'
    )
    parser.add_argument('--grasps', type=int, default=10, help='largest number of grasps to try')
    parser.add_argument(
        '--object',
        default='<octomap>',
        help='object in the planning scene that the hand may touch',
    )
    parser.add_argument('--execute', action='store_true', help='move the robot')
    return parser


if __name__ == '__main__':
    sys.exit(main())
