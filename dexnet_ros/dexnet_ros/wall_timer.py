"""Timers that run while simulated time is paused."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.timer import Timer


def wall_timer(node: Node, period: float, callback: Callable[[], None]) -> Timer:
    """Return a timer of a node that uses the steady clock.

    A default timer of rclpy uses /clock if use_sim_time is set. It then does not run before the
    start of a simulation or bag, during a pause, or after its end.

    Args:
        node: Node whose executor runs the callback.
        period: Seconds.
        callback: Called in each period.
    """
    return node.create_timer(period, callback, clock=Clock(clock_type=ClockType.STEADY_TIME))
