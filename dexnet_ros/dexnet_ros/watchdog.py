"""Watchdog that ends a program whose executor is stuck, so that it can be restarted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import faulthandler
import sys
from types import TracebackType

from dexnet_ros.wall_timer import wall_timer
from rclpy.node import Node

PATIENCE_S = 30.0
_PERIOD_S = 5.0
_ENDING_S = 15.0


@contextmanager
def ending_in_time(limit: float = _ENDING_S) -> Iterator[None]:
    """End the process with status 1 and a traceback if the block takes longer than the limit.

    Fast DDS can enter an endless loop while a node is destroyed. It blocks signal handlers.

    Args:
        limit: Seconds.
    """
    _end_after(limit)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


class Watchdog:
    """Ends the process with status 1 and a traceback if no timer has run for thirty seconds.

    A plan takes a second at most. An endless loop in the middleware blocks signal handlers and all
    Python threads. The thread of faulthandler is not blocked, because it does not need the
    interpreter.
    """

    def __init__(
        self, node: Node, patience: float = PATIENCE_S, period: float = _PERIOD_S
    ) -> None:
        """Store the node whose executor is watched, the timeout and the period in seconds."""
        self._node = node
        self._patience = patience
        self._period = period

    def __enter__(self) -> None:
        """Start the watchdog."""
        self._again()
        self._timer = wall_timer(self._node, self._period, self._again)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the watchdog."""
        faulthandler.cancel_dump_traceback_later()

    def _again(self) -> None:
        _end_after(self._patience)


def _end_after(seconds: float) -> None:
    faulthandler.dump_traceback_later(seconds, exit=True, file=sys.__stderr__ or sys.stderr)
