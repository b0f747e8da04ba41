"""Scheduling of plans on the stream after waiting service requests."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.node import Node

_MOST_AHEAD = 10


class StreamTurn:
    """Plans on the newest image of a stream when no request is waiting.

    A single-threaded executor runs ready callbacks in rounds: subscriptions first, and one request
    of each service last. A requested plan runs in the next round. If a service request was served
    in between, the plan is deferred by another round, because more requests may wait. At most ten
    requests are served before an image, so that clients that call without a pause do not stop the
    stream.
    """

    def __init__(self, node: Node, plan: Callable[[], None]) -> None:
        """Create the guard condition.

        Args:
            node: Node whose executor is used.
            plan: Plans on the newest image.
        """
        self._node = node
        self._plan = plan
        self._was_served = False
        self._ahead = 0
        self._guard = node.create_guard_condition(self._on_turn)

    def ask(self) -> None:
        """Request a plan; further calls before it runs have no effect."""
        self._guard.trigger()

    def note_request(self) -> None:
        """Record that a service request was served."""
        self._ahead += 1
        self._was_served = True

    def destroy(self) -> None:
        """Destroy the guard condition; a pending plan is dropped."""
        self._node.destroy_guard_condition(self._guard)

    def _on_turn(self) -> None:
        if self._was_served and self._ahead < _MOST_AHEAD:
            self._was_served = False
            self._guard.trigger()
            return
        self._was_served, self._ahead = False, 0
        self._plan()
