"""Publishers of the results of a planner node."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
import time
from typing import Any, NamedTuple

from dexnet_core.planning.grasp import GraspPlan
from dexnet_core.planning.observation import Observation
from dexnet_msgs.msg import Grasp, GraspArray, GraspHeatmap
from dexnet_ros import no_events
from dexnet_ros.conversions import (
    heatmap_to_msg,
    plan_to_msg,
    poses_from_grasps,
    transform_of_grasp,
)
from dexnet_ros.markers import markers_from_grasps
from dexnet_ros.parameters import declare_fixed, require_package
from dexnet_ros.pictures import draw_observation, picture_to_msg
from geometry_msgs.msg import PoseArray
from rclpy.lifecycle import LifecycleNode
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from visualization_msgs.msg import MarkerArray

RESULT_QOS = QoSProfile(depth=1)
TOPICS = {
    'grasps': GraspArray,
    'poses': PoseArray,
    'heatmap': GraspHeatmap,
    'heatmap_image': Image,
    'markers': MarkerArray,
    'annotated': Image,
}
"""Names and types; planners without a quality per pixel do not publish the heat map topics."""
_OF_PIXELS = ('heatmap', 'heatmap_image')
_TF = '/tf'


def declare_grasp_frame(node: Node, target_frame: str) -> str:
    """Declare the read-only parameter grasp_frame; return the name of the frame, empty = none.

    Args:
        node: Node to declare the parameter on.
        target_frame: Frame of the grasps.

    Raises:
        ValueError: The name is invalid in tf2, or tf2_msgs is not installed.
    """
    frame = declare_fixed(
        node,
        'grasp_frame',
        '',
        'Name of the tf2 frame that is published at the best grasp; empty = none.',
    )
    if frame.startswith('/') or (frame and frame == target_frame):
        raise ValueError(
            f'grasp_frame is {frame!r}, expected a name without a leading slash that is not the'
            f' target_frame {target_frame!r}'
        )
    if frame:
        require_package('tf2_msgs', f'grasp_frame is {frame!r}')
    return frame


class Answer(NamedTuple):
    """The results for one depth image or cloud.

    Attributes:
        plan: Plan in the frame of `header`.
        header: Header of the grasps: the target frame, and the stamp of the input.
        seen: Header of the input, also used for the heat map.
        drawn: Observation, and the plan in its frame; None if nothing was planned.
    """

    plan: GraspPlan
    header: Header
    seen: Header
    drawn: tuple[Observation, GraspPlan] | None = None


class PlannerOutputs:
    """Publishers of a plan; a message is only created if its topic has a subscriber."""

    def __init__(self, node: LifecycleNode, has_heatmap: bool, grasp_frame: str = '') -> None:
        """Create the publishers.

        Args:
            node: Lifecycle node that publishes while active.
            has_heatmap: Whether its planner predicts a quality per pixel.
            grasp_frame: Name of the tf2 frame at the best grasp; empty = none.
        """
        self._node = node
        self._grasp_frame = grasp_frame
        kinds = {
            name: kind for name, kind in TOPICS.items() if has_heatmap or name not in _OF_PIXELS
        }
        if grasp_frame:
            from tf2_msgs.msg import TFMessage  # not part of every installation

            kinds[_TF] = TFMessage
        self._publishers = {
            name: node.create_lifecycle_publisher(
                kind, name, RESULT_QOS, event_callbacks=no_events.OF_PUBLISHER
            )
            for name, kind in kinds.items()
        }

    def has_subscribers(self) -> bool:
        """Return whether any of the topics has a subscriber."""
        return any(topic.get_subscription_count() for topic in self._publishers.values())

    def publish(self, answer: Answer, start: float) -> None:
        """Publish the grasps first, because a robot waits for them, and then the other topics.

        Args:
            answer: Results to publish.
            start: Arrival of the input, by time.perf_counter.
        """
        plan = answer.plan
        grasps = plan_to_msg(plan, answer.header)
        grasps.planning_ms = ms_since(start)
        self._send('grasps', lambda: grasps)
        self._send(_TF, lambda: self._transforms(grasps.grasps[0]), bool(grasps.grasps))
        self._send('poses', lambda: poses_from_grasps(grasps))
        heatmap = cache(lambda: heatmap_to_msg(plan, answer.seen))
        has_heatmap = bool(plan.heatmap.size)
        self._send('heatmap', heatmap, has_heatmap)
        self._send('heatmap_image', lambda: heatmap().image, has_heatmap)
        self._send('markers', lambda: markers_from_grasps(grasps))
        self._send('annotated', lambda: _annotated(answer), _can_be_drawn(answer))

    def destroy(self) -> None:
        """Destroy the publishers."""
        for publisher in self._publishers.values():
            self._node.destroy_lifecycle_publisher(publisher)

    def _transforms(self, best: Grasp) -> Any:  # noqa: ANN401
        """Return the TFMessage with grasp_frame at the best grasp."""
        make = self._publishers[_TF].msg_type
        return make(transforms=[transform_of_grasp(best, self._grasp_frame)])

    def _send(self, topic: str, make: Callable[[], Any], is_there: bool = True) -> None:
        """Create and publish a message, if there is content and a subscriber."""
        publisher = self._publishers.get(topic)
        if is_there and publisher is not None and publisher.get_subscription_count():
            publisher.publish(make())


def _can_be_drawn(answer: Answer) -> bool:
    """Return whether the input has a known viewpoint; a cloud in a robot's frame has none."""
    return answer.drawn is not None and answer.drawn[0].axis is not None


def _annotated(answer: Answer) -> Image:
    if answer.drawn is None:
        raise ValueError('the answer has nothing that can be drawn')
    return picture_to_msg(draw_observation(*answer.drawn), answer.seen)


def ms_since(start: float) -> float:
    """Return the milliseconds since a time of time.perf_counter."""
    return (time.perf_counter() - start) * 1000
