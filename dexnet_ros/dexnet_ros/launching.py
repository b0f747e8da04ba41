"""What the launch files of all planner nodes share."""

from __future__ import annotations

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.launch_context import LaunchContext
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

ARGUMENTS = (
    ('namespace', '', 'Namespace of the node, its topics and its service.'),
    (
        'depth_topic',
        'depth/image_rect',
        'Rectified depth image: 32FC1 metres or 16UC1 millimetres.',
    ),
    ('camera_info_topic', 'depth/camera_info', 'Intrinsics of the depth image.'),
    ('points_topic', 'points', 'PointCloud2 in metres, instead of a depth image.'),
    ('mask_topic', 'mask', 'Optional mask or label image of where to plan.'),
    ('imu_topic', 'imu', 'sensor_msgs/Imu of the camera, where the parameter use_imu is true.'),
    ('depth_scale', '', 'Metres per unit of depth; empty = as the params file, or the encoding.'),
    ('image_frame', '', 'Of images: auto, optical or x_forward; empty = as the params file.'),
    ('cloud_frame', '', 'Of clouds: as of images, or z_up; empty = as the params file.'),
    ('target_frame', '', 'Frame that grasps are wanted in; empty = as the params file.'),
    ('gripper', '', "YAML that describes the robot's gripper; empty = as the params file."),
    ('params_file', '', "YAML with the node's parameters; empty = the one that is shipped."),
    ('model', '', 'Model file or folder; empty = as the params file, or the shipped one.'),
    ('autostart', '', 'false = a lifecycle manager starts the node; empty = as the params file.'),
    ('log_level', 'info', 'debug, info, warn, error or fatal.'),
)
"""(name, default, description) of each argument."""
_PARAMETERS = {
    'depth_scale': float,
    'image_frame': str,
    'cloud_frame': str,
    'target_frame': str,
    'gripper': str,
    'model': str,
    'autostart': bool,
}
_TOPICS = {
    'depth_topic': 'depth/image_rect',
    'camera_info_topic': 'depth/camera_info',
    'mask_topic': 'mask',
    'points_topic': 'points',
    'imu_topic': 'imu',
}


def planner_description(gripper: str) -> LaunchDescription:
    """Return the arguments, and the node `<gripper>_node` with `config/<gripper>.yaml`.

    Args:
        gripper: Or the network, as the node's name begins.
    """
    arguments = [
        DeclareLaunchArgument(name, default_value=default, description=description)
        for name, default, description in ARGUMENTS
    ]
    node = OpaqueFunction(function=lambda context: [_node(context, gripper)])
    return LaunchDescription([*arguments, node])


def _node(context: LaunchContext, gripper: str) -> Node:
    """Return the node; an argument that was not given must not hide the params file's value."""
    value = {name: LaunchConfiguration(name).perform(context) for name, _, _ in ARGUMENTS}
    given = {
        name: ParameterValue(LaunchConfiguration(name), value_type=kind)
        for name, kind in _PARAMETERS.items()
        if value[name]
    }
    shipped = Path(get_package_share_directory('dexnet_ros')) / 'config' / f'{gripper}.yaml'
    return Node(
        package='dexnet_ros',
        executable=f'{gripper}_node',
        name=f'{gripper}_node',
        namespace=value['namespace'],
        output='screen',
        parameters=[value['params_file'] or str(shipped), given],
        remappings=[(topic, value[name]) for name, topic in _TOPICS.items()],
        ros_arguments=['--log-level', value['log_level']],
    )
