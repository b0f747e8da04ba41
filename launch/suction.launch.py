"""Suction grasps on the depth images of a camera.

Example for a camera that publishes depth aligned to colour:
    ros2 launch dexnet_ros suction.launch.py \
        depth_topic:=/camera/aligned_depth_to_color/image_raw \
        camera_info_topic:=/camera/aligned_depth_to_color/camera_info
"""

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.launch_context import LaunchContext
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

_ARGUMENTS = (
    ('namespace', '', 'Namespace of the node, its topics and its service.'),
    ('depth_topic', 'depth/image_rect', 'Rectified depth image: 32FC1 metres or 16UC1 mm.'),
    ('camera_info_topic', 'depth/camera_info', 'Intrinsics of the depth image.'),
    ('mask_topic', 'mask', 'Optional 8UC1 mask of where to plan; non-zero = here.'),
    ('params_file', '', "YAML with the node's parameters; empty = config/suction.yaml."),
    ('model', '', 'Model file; empty = what the params file says, or the shipped one.'),
    ('autostart', '', 'false = a lifecycle manager starts the node; empty = as the params file.'),
    ('log_level', 'info', 'debug, info, warn, error or fatal.'),
)


def generate_launch_description() -> LaunchDescription:
    """Return the arguments and the node."""
    arguments = [
        DeclareLaunchArgument(name, default_value=default, description=description)
        for name, default, description in _ARGUMENTS
    ]
    return LaunchDescription([*arguments, OpaqueFunction(function=_node)])


def _node(context: LaunchContext) -> list[Node]:
    """Return the node; an argument that was not given must not hide the params file's value."""
    value = {name: LaunchConfiguration(name).perform(context) for name, _, _ in _ARGUMENTS}
    given = {
        name: ParameterValue(LaunchConfiguration(name), value_type=kind)
        for name, kind in (('model', str), ('autostart', bool))
        if value[name]
    }
    share = Path(get_package_share_directory('dexnet_ros'))
    params_file = value['params_file'] or str(share / 'config' / 'suction.yaml')
    node = Node(
        package='dexnet_ros',
        executable='suction_node',
        name='suction_node',
        namespace=value['namespace'],
        output='screen',
        parameters=[params_file, given],
        remappings=[
            ('depth/image_rect', value['depth_topic']),
            ('depth/camera_info', value['camera_info_topic']),
            ('mask', value['mask_topic']),
        ],
        ros_arguments=['--log-level', value['log_level']],
    )
    return [node]
