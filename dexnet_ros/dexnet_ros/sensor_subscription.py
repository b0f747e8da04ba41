"""Subscription to a sensor topic that adapts its QoS to the publishers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
import time
from typing import Any

from dexnet_ros import no_events
from dexnet_ros.wall_timer import wall_timer
from rclpy.node import Node
from rclpy.qos import (
    DurabilityPolicy,
    qos_check_compatible,
    QoSCompatibility,
    QoSProfile,
    ReliabilityPolicy,
)
from rclpy.subscription import Subscription
from rclpy.topic_endpoint_info import TopicEndpointInfo

_PERIOD_S = 0.5
_STREAM_S = 5.0
_MOST_NAMED = 5
_HAS_INFO = hasattr(Subscription, 'CallbackType')
"""Whether callbacks can receive the message info with its sequence number; not on Humble."""


class SensorSubscription:
    """Subscribes with sensor QoS and a history depth of one; reliable if all publishers are.

    A best-effort subscription is compatible with every camera, but the middleware then drops most
    images of several hundred kilobytes between two processes. So the subscription is reliable
    while all publishers of the topic are reliable, and best effort otherwise. In the same way, it
    is transient local for a topic that is published once, such as a mask, if all publishers are.

    Attributes:
        last_came: Arrival of the newest message, by time.monotonic; 0 before the first.
        is_stream: Whether the last two messages arrived within five seconds.
        dropped: Number of messages that were replaced by newer ones before the callback, from the
            sequence numbers of the publisher; None without numbers, or before two messages.
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
            node: Node that subscribes.
            kind: Message type.
            topic: Name of the topic.
            callback: Called with each message.
            sent_once: Whether to subscribe as transient local if all publishers offer it.
        """
        self._node = node
        self._kind = kind
        self._callback = callback
        self._topic = topic
        self._sent_once = sent_once
        self.last_came = 0.0
        self.is_stream = False
        self.dropped: int | None = None
        self._number: int | None = None
        self._publishers = 0
        self._subscribe(QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT))
        self._adapt()
        self._timer = wall_timer(node, _PERIOD_S, self._adapt)

    @property
    def topic_name(self) -> str:
        """The fully qualified name of the topic, after remapping."""
        name: str = self._subscription.topic_name
        return name

    def why_silent(self) -> str:
        """Return the likely reason why no message arrives, as a text to follow the topic name."""
        endpoints = self._node.get_publishers_info_by_topic(self._topic)
        if not endpoints:
            return 'has no publisher' + self._elsewhere()
        alike = self._alike(endpoints)
        if not alike:
            types = ' and '.join(sorted({endpoint.topic_type for endpoint in endpoints}))
            return f'is of type {types}, expected {self._type}'
        for endpoint in alike:
            fit, reason = qos_check_compatible(endpoint.qos_profile, self._qos)
            if fit == QoSCompatibility.ERROR:
                return f'has a publisher of incompatible QoS: {reason}'
        names = ', '.join(sorted({endpoint.node_name for endpoint in alike}))
        return f'has a publisher ({names}), but no message arrives'

    @property
    def _type(self) -> str:
        return f'{self._kind.__module__.partition(".")[0]}/msg/{self._kind.__name__}'

    def _alike(self, endpoints: list[TopicEndpointInfo]) -> list[TopicEndpointInfo]:
        return [endpoint for endpoint in endpoints if endpoint.topic_type == self._type]

    def _elsewhere(self) -> str:
        """Return a text with other topics of the type that have publishers; may be empty.

        Topics that this node publishes or subscribes to, such as its mask, are left out.
        """
        myself = self._node.get_name(), self._node.get_namespace()
        published = dict(self._node.get_publisher_names_and_types_by_node(*myself))
        subscribed = dict(self._node.get_subscriber_names_and_types_by_node(*myself))
        others = [
            name
            for name, types in self._node.get_topic_names_and_types()
            if self._type in types
            and name not in subscribed
            and self._node.count_publishers(name) > (name in published)
        ]
        more = ', ...' if len(others) > _MOST_NAMED else ''
        named = ', '.join(sorted(others)[:_MOST_NAMED])
        return f' ({self._type} is published on {named}{more})' if others else ''

    def _numbered(self, msg: Any, info: Mapping[str, Any]) -> None:  # noqa: ANN401
        self._count(info.get('publication_sequence_number'))
        self._received(msg)

    def _received(self, msg: Any) -> None:  # noqa: ANN401
        now = time.monotonic()
        self.is_stream = now - self.last_came < _STREAM_S
        self.last_came = now
        self._callback(msg)

    def _count(self, number: int | None) -> None:
        """Count the missing sequence numbers; each publisher has numbers of its own."""
        before, self._number = self._number, number
        if number is None or before is None or number <= before:
            return
        if self._publishers == 1:
            self.dropped = (self.dropped or 0) + number - before - 1

    def destroy(self) -> None:
        """Unsubscribe."""
        self._node.destroy_timer(self._timer)
        self._node.destroy_subscription(self._subscription)

    def _adapt(self) -> None:
        """Subscribe again if the QoS of the publishers has changed; keep it without publishers."""
        publishers = self._alike(self._node.get_publishers_info_by_topic(self._topic))
        if len(publishers) != self._publishers:
            self._publishers, self._number = len(publishers), None
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
        callback = self._numbered if _HAS_INFO else self._received
        self._subscription = self._node.create_subscription(
            self._kind, self._topic, callback, qos, event_callbacks=no_events.OF_SUBSCRIPTION
        )
