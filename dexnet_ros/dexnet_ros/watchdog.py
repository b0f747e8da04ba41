"""Ends a program whose executor no longer runs, so that something can start it again."""

from __future__ import annotations

import faulthandler
import sys
from types import TracebackType

from dexnet_ros.wall_timer import wall_timer
from rclpy.node import Node

PATIENCE_S = 30.0
_PERIOD_S = 5.0


class Watchdog:
    """Ends the process with status 1 and a traceback where no timer has run for thirty seconds.

    A plan takes a second at most. A loop in the middleware never ends, and neither signals nor
    other threads of Python come through it; the thread of faulthandler does, as it needs no
    interpreter.
    """

    def __init__(
        self, node: Node, patience: float = PATIENCE_S, period: float = _PERIOD_S
    ) -> None:
        """Take a node whose executor is watched, and seconds."""
        self._node = node
        self._patience = patience
        self._period = period

    def __enter__(self) -> None:
        """Begin to watch."""
        self._again()
        self._timer = wall_timer(self._node, self._period, self._again)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End watching."""
        faulthandler.cancel_dump_traceback_later()

    def _again(self) -> None:
        faulthandler.dump_traceback_later(
            self._patience, exit=True, file=sys.__stderr__ or sys.stderr
        )
