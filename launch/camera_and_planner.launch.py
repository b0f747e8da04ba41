"""Starts a camera driver and a planner node on its topics; docs/cameras.md lists the cameras.

Examples:
    ros2 launch dexnet_ros camera_and_planner.launch.py camera:=realsense
    ros2 launch dexnet_ros camera_and_planner.launch.py camera:=zed camera_model:=zed2i \
        planner:=parallel_jaw source:=cloud target_frame:=base_link
"""

from dexnet_ros.camera_launching import camera_description
from launch import LaunchDescription


def generate_launch_description() -> LaunchDescription:
    """Return the arguments, the driver and the planner node."""
    return camera_description()
