"""Timers that go on while simulated time stands still."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.timer import Timer


def wall_timer(node: Node, period: float, callback: Callable[[], None]) -> Timer:
    """Return a timer of a node that runs by the computer's own clock.

    A timer of rclpy goes by /clock where use_sim_time is set. It then does not run before a
    simulation or recording has begun, while it is paused, or after it has ended.

    Args:
        node: Whose executor calls back.
        period: Seconds.
        callback: What is called.
    """
    return node.create_timer(period, callback, clock=Clock(clock_type=ClockType.STEADY_TIME))
