"""A camera's driver and a planner that takes what it publishes; docs/cameras.md has the table.

Examples:
    ros2 launch dexnet_ros camera_and_planner.launch.py camera:=realsense
    ros2 launch dexnet_ros camera_and_planner.launch.py camera:=zed camera_model:=zed2i \
        planner:=parallel_jaw source:=cloud target_frame:=base_link
"""

from dexnet_ros.camera_launching import camera_description
from launch import LaunchDescription


def generate_launch_description() -> LaunchDescription:
    """Return the arguments, the driver and the node."""
    return camera_description()
