"""A subscription to images: always the newest, and as surely as the camera can send it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

_PERIOD_S = 0.5


class SensorSubscription:
    """Subscribes with sensor QoS and a depth of one, reliably where every publisher can.

    A best-effort subscription hears every camera, but the middleware then drops most images of
    several hundred kilobytes between two processes. So reliability is asked for as long as all
    publishers of the topic offer it, and no longer when one comes that does not. Of what is sent
    once, such as a mask, what was sent before is asked for in the same way.
    """

    def __init__(
        self,
        node: Node,
        kind: type,
        topic: str,
        callback: Callable[[Any], None],
        sent_once: bool = False,
    ) -> None:
        """Subscribe; arguments as for rclpy's create_subscription.

        Args:
            node: That subscribes.
            kind: Of the messages.
            topic: Name of the topic.
            callback: Called with each message.
            sent_once: Whether a message from before, if a publisher keeps it, is wanted as well.
        """
        self._node = node
        self._arguments = (kind, topic, callback)
        self._topic = topic
        self._sent_once = sent_once
        self._subscribe(QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT))
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
        if not publishers:
            return
        offered = [publisher.qos_profile for publisher in publishers]
        wanted = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
        if all(qos.reliability == ReliabilityPolicy.RELIABLE for qos in offered):
            wanted.reliability = ReliabilityPolicy.RELIABLE
        kept = all(qos.durability == DurabilityPolicy.TRANSIENT_LOCAL for qos in offered)
        if self._sent_once and kept:
            wanted.durability = DurabilityPolicy.TRANSIENT_LOCAL
        if wanted != self._qos:
            self._node.destroy_subscription(self._subscription)
            self._subscribe(wanted)

    def _subscribe(self, qos: QoSProfile) -> None:
        self._qos = qos
        self._subscription = self._node.create_subscription(*self._arguments, qos)
