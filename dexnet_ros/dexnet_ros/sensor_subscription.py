"""A subscription to images: always the newest, and as surely as the camera can send it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy

_PERIOD_S = 0.5


class SensorSubscription:
    """Subscribes with sensor QoS and a depth of one, reliably where every publisher can.

    A best-effort subscription hears every camera, but the middleware then drops most images of
    several hundred kilobytes between two processes. So reliability is asked for as long as all
    publishers of the topic offer it, and no longer when one comes that does not.
    """

    def __init__(
        self, node: Node, kind: type, topic: str, callback: Callable[[Any], None]
    ) -> None:
        """Subscribe; arguments as for rclpy's create_subscription."""
        self._node = node
        self._arguments = (kind, topic, callback)
        self._topic = topic
        self._subscribe(ReliabilityPolicy.BEST_EFFORT)
        self._adapt()
        self._timer = node.create_timer(_PERIOD_S, self._adapt)

    @property
    def topic_name(self) -> str:
        """The full name of the topic, after remapping."""
        return self._subscription.topic_name

    def destroy(self) -> None:
        """Unsubscribe."""
        self._node.destroy_timer(self._timer)
        self._node.destroy_subscription(self._subscription)

    def _adapt(self) -> None:
        """Subscribe anew if the publishers offer something else now; with none, wait."""
        publishers = self._node.get_publishers_info_by_topic(self._topic)
        offered = {publisher.qos_profile.reliability for publisher in publishers}
        if not offered:
            return
        is_reliable = offered == {ReliabilityPolicy.RELIABLE}
        wanted = ReliabilityPolicy.RELIABLE if is_reliable else ReliabilityPolicy.BEST_EFFORT
        if wanted != self._reliability:
            self._node.destroy_subscription(self._subscription)
            self._subscribe(wanted)

    def _subscribe(self, reliability: ReliabilityPolicy) -> None:
        self._reliability = reliability
        qos = QoSProfile(depth=1, reliability=reliability)
        self._subscription = self._node.create_subscription(*self._arguments, qos)
