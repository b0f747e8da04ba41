"""Diagnostics of a planner node."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import time
from typing import NamedTuple

from dexnet_core.planning.planners.planner import Planner
from dexnet_ros import no_events
from dexnet_ros.input_watch import InputWatch
from dexnet_ros.planner_outputs import Answer, ms_since
from dexnet_ros.planning_record import PlanningRecord
from dexnet_ros.sensor_subscription import SensorSubscription
from dexnet_ros.wall_timer import wall_timer
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node
from rclpy.time import Time

TOPIC = '/diagnostics'
_PERIOD_S = 1.0
_MANY_FAILURES = 3


class Subject(NamedTuple):
    """Sources of the diagnostics.

    Attributes:
        planner: Returns the planner, which has the name and version of its network.
        watch: Watch of the inputs.
        images: Subscriptions to depth images and clouds.
    """

    planner: Callable[[], Planner]
    watch: InputWatch
    images: Sequence[SensorSubscription]


class Diagnostics:
    """Publishes the state of planning on /diagnostics every second.

    WARN: no input was received, or the stream has stopped. ERROR: three inputs in a row could not
    be used. Values: answers per second, planning time and image age at the time of the answer
    (median and 95 % of the last ten seconds), images dropped in favour of newer ones (since
    activation), the last error, and the model. Unknown values are left out.
    """

    def __init__(self, node: Node, subject: Subject) -> None:
        """Create the publisher and its timer.

        Args:
            node: Node to report on.
            subject: Sources of the values.
        """
        self._node = node
        self._subject = subject
        self._record = PlanningRecord()
        self._publisher = node.create_publisher(
            DiagnosticArray, TOPIC, 10, event_callbacks=no_events.OF_PUBLISHER
        )
        self._timer = wall_timer(node, _PERIOD_S, self._publish)

    def note(self, answer: Answer, start: float) -> None:
        """Record an answer that has just been published.

        Args:
            answer: Published answer.
            start: Arrival of its input, by time.perf_counter.
        """
        age = self._node.get_clock().now() - Time.from_msg(answer.seen.stamp)
        self._record.note(answer.plan, time.monotonic(), ms_since(start), age.nanoseconds / 1e6)

    def destroy(self) -> None:
        """Destroy the timer and the publisher."""
        self._node.destroy_timer(self._timer)
        self._node.destroy_publisher(self._publisher)

    def _publish(self) -> None:
        msg = DiagnosticArray(status=[self._status()])
        msg.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(msg)

    def _status(self) -> DiagnosticStatus:
        level, message = self._verdict()
        model = self._subject.planner().model
        values = {name: f'{value:.1f}' for name, value in self._figures().items()}
        values |= {'last error': self._record.last_error, 'model': model}
        return DiagnosticStatus(
            level=level,
            name=f'{self._node.get_fully_qualified_name().lstrip("/")}: planning',
            message=message,
            hardware_id=model,
            values=[KeyValue(key=key, value=value) for key, value in values.items()],
        )

    def _figures(self) -> dict[str, float]:
        known = self._record.figures(time.monotonic())
        dropped = [image.dropped for image in self._subject.images if image.dropped is not None]
        return known | ({'images dropped': float(sum(dropped))} if dropped else {})

    def _verdict(self) -> tuple[bytes, str]:
        """Return the level and the message."""
        if trouble := self._subject.watch.trouble():
            return DiagnosticStatus.WARN, trouble
        failures = self._record.failures_in_a_row
        if failures >= _MANY_FAILURES:
            message = f'{failures} inputs in a row could not be used: {self._record.last_error}'
            return DiagnosticStatus.ERROR, message
        return DiagnosticStatus.OK, 'ready'
