"""Launch description that the launch files of all planner nodes share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.launch_context import LaunchContext
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

ARGUMENTS = (
    ('namespace', '', 'Namespace of the node, its topics and its services.'),
    (
        'depth_topic',
        'depth/image_rect',
        'Rectified depth image: 32FC1 metres or 16UC1 millimetres.',
    ),
    ('camera_info_topic', 'depth/camera_info', 'Intrinsics of the depth image.'),
    ('points_topic', 'points', 'PointCloud2 in metres, instead of a depth image.'),
    ('mask_topic', 'mask', 'Optional mask or label image of what may be grasped.'),
    ('imu_topic', 'imu', 'sensor_msgs/Imu of the camera; only used if use_imu is true.'),
    ('depth_scale', '', 'Metres per unit of depth; empty = as in the params file.'),
    (
        'image_transport',
        '',
        'Transport of depth images: raw or compressedDepth; empty = as in the params file.',
    ),
    ('rectify', '', 'true = remove the distortion of the lens; empty = as in the params file.'),
    (
        'image_frame',
        '',
        'Frame of images: auto, optical or x_forward; empty = as in the params file.',
    ),
    (
        'cloud_frame',
        '',
        'Frame of clouds: auto, optical, x_forward or z_up; empty = as in the params file.',
    ),
    ('target_frame', '', 'Frame that grasps are transformed to; empty = as in the params file.'),
    (
        'grasp_frame',
        '',
        'Name of the frame of the best grasp on /tf; empty = as in the params file.',
    ),
    ('gripper', '', 'YAML file that describes the gripper; empty = as in the params file.'),
    ('params_file', '', 'YAML file of parameters; empty = the file of the package.'),
    ('model', '', 'Path of the model file or folder; empty = as in the params file.'),
    ('threads', '', 'Number of threads of the network; empty = as in the params file.'),
    ('use_sim_time', '', 'true = use the time of /clock; empty = as in the params file.'),
    (
        'autostart',
        '',
        'false = a lifecycle manager starts the node; empty = as in the params file.',
    ),
    ('respawn', 'false', 'true = restart the node when it exits.'),
    ('respawn_delay', '2.0', 'Seconds before the node is restarted.'),
    ('rviz', 'false', 'true = start RViz with the topics of the node.'),
    ('rviz_frame', '', 'Fixed frame of RViz; empty = target_frame, or as in dexnet.rviz.'),
    ('log_level', 'info', 'Lowest log level: debug, info, warn, error or fatal.'),
)
"""(name, default, description) of each argument."""
_PARAMETERS = {
    'depth_scale': float,
    'image_transport': str,
    'rectify': bool,
    'image_frame': str,
    'cloud_frame': str,
    'target_frame': str,
    'grasp_frame': str,
    'gripper': str,
    'model': str,
    'threads': int,
    'use_sim_time': bool,
    'autostart': bool,
}
_TOPICS = {
    'depth_topic': 'depth/image_rect',
    'camera_info_topic': 'depth/camera_info',
    'mask_topic': 'mask',
    'points_topic': 'points',
    'imu_topic': 'imu',
}
_SHOWN = ('markers', 'poses', 'annotated', 'heatmap_image')
"""Topics of the node that RViz displays."""


def planner_description(gripper: str) -> LaunchDescription:
    """Return the arguments, and the node `<gripper>_node` with `config/<gripper>.yaml`.

    Args:
        gripper: Prefix of the node's name: suction, parallel_jaw or graspnet.
    """
    arguments = [
        DeclareLaunchArgument(name, default_value=default, description=description)
        for name, default, description in ARGUMENTS
    ]
    nodes = OpaqueFunction(function=lambda context: _nodes(context, gripper))
    return LaunchDescription([*arguments, nodes])


def _nodes(context: LaunchContext, gripper: str) -> list[Node]:
    value = {name: LaunchConfiguration(name).perform(context) for name, _, _ in ARGUMENTS}
    # RViz is first: if it is not installed, launch ends before it starts the planner.
    shown = [_rviz(value)] if _is_true(value, 'rviz') else []
    return [*shown, _planner(value, gripper)]


def _planner(value: Mapping[str, str], gripper: str) -> Node:
    """Return the planner node; empty arguments do not override the params file."""
    given = {
        name: ParameterValue(LaunchConfiguration(name), value_type=kind)
        for name, kind in _PARAMETERS.items()
        if value[name]
    }
    return Node(
        package='dexnet_ros',
        executable=f'{gripper}_node',
        name=f'{gripper}_node',
        namespace=value['namespace'],
        output='screen',
        parameters=[value['params_file'] or _shipped(f'{gripper}.yaml'), given],
        remappings=[(topic, value[name]) for name, topic in _TOPICS.items()],
        ros_arguments=['--log-level', value['log_level']],
        respawn=_is_true(value, 'respawn'),
        respawn_delay=float(value['respawn_delay']),
    )


def _rviz(value: Mapping[str, str]) -> Node:
    """Return RViz with the topics of dexnet.rviz remapped to those of the node."""
    seen = [(f'/{topic}', value[name]) for name, topic in _TOPICS.items()]
    results = [(f'/{topic}', topic) for topic in _SHOWN]
    frame = value['rviz_frame'] or value['target_frame']
    clock = [{'use_sim_time': True}] if value['use_sim_time'].lower() == 'true' else []
    return Node(
        package='rviz2',
        executable='rviz2',
        namespace=value['namespace'],
        arguments=['-d', _shipped('dexnet.rviz'), *(('-f', frame) if frame else ())],
        parameters=clock,
        remappings=[*seen, *results],
    )


def _is_true(value: Mapping[str, str], name: str) -> bool:
    """Return the value of a boolean argument.

    Raises:
        ValueError: The value is neither true nor false.
    """
    if value[name].lower() not in ('true', 'false'):
        raise ValueError(f'{name} is {value[name]!r}, expected true or false')
    return value[name].lower() == 'true'


def _shipped(name: str) -> str:
    """Return the path of a file in the config folder of the package."""
    return str(Path(get_package_share_directory('dexnet_ros')) / 'config' / name)
