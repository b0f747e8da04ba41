"""Starts the GraspNet node: jaw grasps from any direction, on point clouds or depth images.

Example for a camera that publishes clouds:
    ros2 launch dexnet_ros graspnet.launch.py points_topic:=/camera/depth/color/points

Example for a camera that publishes depth images, as for the other planners:
    ros2 launch dexnet_ros graspnet.launch.py \
        depth_topic:=/camera/aligned_depth_to_color/image_raw \
        camera_info_topic:=/camera/aligned_depth_to_color/camera_info
"""

from dexnet_ros.launching import planner_description
from launch import LaunchDescription


def generate_launch_description() -> LaunchDescription:
    """Return the arguments and the planner node."""
    return planner_description('graspnet')
