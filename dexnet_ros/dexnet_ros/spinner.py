"""Serves a node until told to stop, from any thread."""

from __future__ import annotations

from threading import Lock
from types import TracebackType

from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node


class Spinner:
    """Runs the callbacks of a node in an executor of its own, until told to stop.

    The context goes on, so that what the node says as it ends is still sent. To shut an executor
    of rclpy down from another thread is no substitute: that takes its guard condition away, which
    a callback that runs at that moment needs.
    """

    def __init__(self, node: Node) -> None:
        """Take a node that no other executor runs."""
        self._node = node
        self._is_stopped = self._is_over = False
        self._ending = Lock()
        self._guard = node.create_guard_condition(lambda: None)
        self._executor = SingleThreadedExecutor(context=node.context)
        self._executor.add_node(node)

    def __enter__(self) -> Spinner:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the node."""
        with self._ending:
            self._is_over = True
        self._executor.shutdown()
        self._node.destroy_guard_condition(self._guard)

    def spin(self) -> None:
        """Run callbacks until told to stop, or until the context ends."""
        try:
            while not self._is_stopped and self._node.context.ok():
                self._executor.spin_once()
        except Exception:
            if self._node.context.ok():
                raise

    def stop(self) -> None:
        """End spinning as soon as the callback that runs is done; for any thread, at any time."""
        self._is_stopped = True
        with self._ending:
            if not self._is_over:
                self._guard.trigger()
