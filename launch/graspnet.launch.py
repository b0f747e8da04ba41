"""Grasps of a jaw in any direction, on the point clouds or depth images of a camera.

Example for a camera that publishes clouds:
    ros2 launch dexnet_ros graspnet.launch.py points_topic:=/camera/depth/color/points

Example for depth images, which are planned on in the same way as by the other planners:
    ros2 launch dexnet_ros graspnet.launch.py \
        depth_topic:=/camera/aligned_depth_to_color/image_raw \
        camera_info_topic:=/camera/aligned_depth_to_color/camera_info
"""

from dexnet_ros.launching import planner_description
from launch import LaunchDescription


def generate_launch_description() -> LaunchDescription:
    """Return the arguments and the node."""
    return planner_description('graspnet')
