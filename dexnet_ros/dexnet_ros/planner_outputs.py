"""What a planner node publishes of a plan."""

from __future__ import annotations

import time
from typing import NamedTuple

from dexnet_core.grasp import GraspPlan
from dexnet_msgs.msg import GraspArray, GraspHeatmap
from dexnet_ros.conversions import heatmap_to_msg, plan_to_msg
from dexnet_ros.markers import markers_from_grasps
from rclpy.lifecycle import LifecycleNode, LifecyclePublisher
from rclpy.qos import QoSProfile
from std_msgs.msg import Header
from visualization_msgs.msg import MarkerArray

RESULT_QOS = QoSProfile(depth=1)


class Answer(NamedTuple):
    """What is said of one depth image or cloud.

    Attributes:
        plan: In the frame of the header.
        header: Of the grasps: the frame that they are wanted in, and the stamp of the input.
        seen: Header of the input; that of the heat map, which belongs to its pixels.
    """

    plan: GraspPlan
    header: Header
    seen: Header


class PlannerOutputs:
    """The topics of a plan; no message is made that nobody listens to."""

    def __init__(self, node: LifecycleNode, has_heatmap: bool) -> None:
        """Make the publishers.

        Args:
            node: That publishes, while it is active.
            has_heatmap: Whether its planner tells a quality for every pixel.
        """
        self._node = node
        self._grasps = node.create_lifecycle_publisher(GraspArray, 'grasps', RESULT_QOS)
        self._markers = node.create_lifecycle_publisher(MarkerArray, 'markers', RESULT_QOS)
        self._heatmap = None
        if has_heatmap:
            self._heatmap = node.create_lifecycle_publisher(GraspHeatmap, 'heatmap', RESULT_QOS)

    def is_heard(self) -> bool:
        """Tell whether anybody listens to any of the topics."""
        return any(publisher.get_subscription_count() for publisher in self._every())

    def publish(self, answer: Answer, start: float) -> None:
        """Send the grasps first, as a robot waits for them, and the rest if it is heard.

        Args:
            answer: What is sent.
            start: When the input came, by time.perf_counter.
        """
        plan = answer.plan
        grasps = plan_to_msg(plan, answer.header)
        grasps.planning_ms = ms_since(start)
        if self._grasps.get_subscription_count():
            self._grasps.publish(grasps)
        if self._heatmap and plan.heatmap.size and self._heatmap.get_subscription_count():
            self._heatmap.publish(heatmap_to_msg(plan, answer.seen))
        if self._markers.get_subscription_count():
            self._markers.publish(markers_from_grasps(grasps))

    def destroy(self) -> None:
        """End the topics."""
        for publisher in self._every():
            self._node.destroy_lifecycle_publisher(publisher)

    def _every(self) -> list[LifecyclePublisher]:
        every = [self._grasps, self._markers, self._heatmap]
        return [publisher for publisher in every if publisher is not None]


def ms_since(start: float) -> float:
    """Return the milliseconds since a time of time.perf_counter."""
    return (time.perf_counter() - start) * 1000
