"""Starts moveit_pick.py with the MoveIt configuration of a Panda; see docs/moveit.md."""

from pathlib import Path
import sys

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.conditions import IfCondition, UnlessCondition
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from moveit_configs_utils import MoveItConfigsBuilder

_SCRIPT = str(Path(__file__).with_name('moveit_pick.py'))


def generate_launch_description() -> LaunchDescription:
    """Return the launch description, with --execute if the argument execute is true."""
    panda = (
        MoveItConfigsBuilder('moveit_resources_panda')
        .robot_description(file_path='config/panda.urdf.xacro')
        .planning_pipelines(pipelines=['ompl'])
        .to_moveit_configs()
    )
    words = [_SCRIPT, '--frame', LaunchConfiguration('frame')]
    execute = LaunchConfiguration('execute')
    common = {'executable': sys.executable, 'output': 'screen', 'parameters': [panda.to_dict()]}
    return LaunchDescription(
        [
            DeclareLaunchArgument('frame', default_value='panda_link0'),
            DeclareLaunchArgument('execute', default_value='false'),
            Node(arguments=words, condition=UnlessCondition(execute), **common),
            Node(arguments=[*words, '--execute'], condition=IfCondition(execute), **common),
        ]
    )
