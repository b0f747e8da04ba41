"""What a planner node publishes of a plan."""

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
"""Names and types; planners without a quality for every pixel have no heat map."""
_OF_PIXELS = ('heatmap', 'heatmap_image')
_TF = '/tf'


def declare_grasp_frame(node: Node, target_frame: str) -> str:
    """Declare the parameter grasp_frame, read only; return the name of the frame, empty = none.

    Args:
        node: That gets the parameter.
        target_frame: Frame that grasps are wanted in.

    Raises:
        ValueError: tf2 takes no such name, or its messages are not installed.
    """
    frame = declare_fixed(
        node,
        'grasp_frame',
        '',
        'Name of the frame of tf2 that is sent at the best grasp; empty = none.',
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
    """What is said of one depth image or cloud.

    Attributes:
        plan: In the frame of the header.
        header: Of the grasps: the frame that they are wanted in, and the stamp of the input.
        seen: Header of the input; that of the heat map, which belongs to its pixels.
        drawn: What was planned on, and the plan in the frame of it; None where nothing was
            planned.
    """

    plan: GraspPlan
    header: Header
    seen: Header
    drawn: tuple[Observation, GraspPlan] | None = None


class PlannerOutputs:
    """The topics of a plan; no message is made that nobody listens to."""

    def __init__(self, node: LifecycleNode, has_heatmap: bool, grasp_frame: str = '') -> None:
        """Make the publishers.

        Args:
            node: That publishes, while it is active.
            has_heatmap: Whether its planner tells a quality for every pixel.
            grasp_frame: Frame of tf2 that the best grasp is sent as; empty = none.
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

    def is_heard(self) -> bool:
        """Tell whether anybody listens to any of the topics."""
        return any(topic.get_subscription_count() for topic in self._publishers.values())

    def publish(self, answer: Answer, start: float) -> None:
        """Send the grasps first, as a robot waits for them, and the rest if it is heard.

        Args:
            answer: What is sent.
            start: When the input came, by time.perf_counter.
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
        """End the topics."""
        for publisher in self._publishers.values():
            self._node.destroy_lifecycle_publisher(publisher)

    def _transforms(self, best: Grasp) -> Any:  # noqa: ANN401
        """Return the TFMessage of the frame in the best grasp."""
        make = self._publishers[_TF].msg_type
        return make(transforms=[transform_of_grasp(best, self._grasp_frame)])

    def _send(self, topic: str, make: Callable[[], Any], is_there: bool = True) -> None:
        """Make and publish a message, if there is anything to say and anybody listens."""
        publisher = self._publishers.get(topic)
        if is_there and publisher is not None and publisher.get_subscription_count():
            publisher.publish(make())


def _can_be_drawn(answer: Answer) -> bool:
    """Tell whether there is a view: of a cloud in a robot's frame nobody knows from where."""
    return answer.drawn is not None and answer.drawn[0].axis is not None


def _annotated(answer: Answer) -> Image:
    if answer.drawn is None:
        raise ValueError('the answer has nothing that can be drawn')
    return picture_to_msg(draw_observation(*answer.drawn), answer.seen)


def ms_since(start: float) -> float:
    """Return the milliseconds since a time of time.perf_counter."""
    return (time.perf_counter() - start) * 1000
