"""Listens to what a planner publishes, and looks at none of it."""

from __future__ import annotations

import sys

from dexnet_msgs.msg import GraspArray, GraspHeatmap
from dexnet_ros.running import run
from rclpy.node import Node
from visualization_msgs.msg import MarkerArray

TOPICS = {'grasps': GraspArray, 'heatmap': GraspHeatmap, 'markers': MarkerArray}


class Listener(Node):
    """Subscribes to grasps, heat map and markers."""

    def __init__(self) -> None:
        """Begin to listen."""
        super().__init__('listener')
        for topic, kind in TOPICS.items():
            self.create_subscription(kind, topic, lambda _: None, 1, raw=True)


if __name__ == '__main__':
    sys.exit(run('listener', Listener))
