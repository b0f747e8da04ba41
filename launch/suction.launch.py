"""Starts the suction node: grasps on the depth images of a camera.

Example for a camera that publishes depth aligned to colour:
    ros2 launch dexnet_ros suction.launch.py \
        depth_topic:=/camera/aligned_depth_to_color/image_raw \
        camera_info_topic:=/camera/aligned_depth_to_color/camera_info
"""

from dexnet_ros.launching import planner_description
from launch import LaunchDescription


def generate_launch_description() -> LaunchDescription:
    """Return the arguments and the planner node."""
    return planner_description('suction')
