"""When the newest image of a stream is planned on: after the requests that wait."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.node import Node

_MOST_AHEAD = 10


class StreamTurn:
    """Plans on the newest image of a stream once no request waits.

    An executor with one thread runs what is ready in rounds, subscriptions first and one request
    of each service last. So a plan that is asked for comes in the next round, and gives way for
    another one where a request was served since the last plan: more may wait. Ten requests at
    most go ahead of an image, so that clients who ask without a pause do not stop the stream.
    """

    def __init__(self, node: Node, plan: Callable[[], None]) -> None:
        """Wait until a plan is asked for.

        Args:
            node: Whose executor is used.
            plan: Plans on the newest image.
        """
        self._node = node
        self._plan = plan
        self._was_served = False
        self._ahead = 0
        self._guard = node.create_guard_condition(self._on_turn)

    def ask(self) -> None:
        """Plan soon; asking again before it is done changes nothing."""
        self._guard.trigger()

    def let_pass(self) -> None:
        """Note that a request was served."""
        self._ahead += 1
        self._was_served = True

    def destroy(self) -> None:
        """Forget what was asked for."""
        self._node.destroy_guard_condition(self._guard)

    def _on_turn(self) -> None:
        if self._was_served and self._ahead < _MOST_AHEAD:
            self._was_served = False
            self._guard.trigger()
            return
        self._was_served, self._ahead = False, 0
        self._plan()
