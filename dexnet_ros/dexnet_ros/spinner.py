"""Executor of a node that can be stopped from any thread."""

from __future__ import annotations

from threading import Lock
from types import TracebackType

from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node


class Spinner:
    """Runs the callbacks of a node in an executor of its own, until `stop` is called.

    The context stays valid, so that the node can still publish while it is destroyed. Shutting
    down the executor from another thread would destroy its guard condition, which a running
    callback may need.
    """

    def __init__(self, node: Node) -> None:
        """Create the executor; the node must not be in another one."""
        self._node = node
        self._is_stopped = self._is_over = False
        self._ending = Lock()
        self._guard = node.create_guard_condition(lambda: None)
        self._executor = SingleThreadedExecutor(context=node.context)
        self._executor.add_node(node)

    def __enter__(self) -> Spinner:
        """Return self."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Shut down the executor."""
        with self._ending:
            self._is_over = True
        self._executor.shutdown()
        self._node.destroy_guard_condition(self._guard)

    def spin(self) -> None:
        """Run callbacks until `stop` is called or the context is shut down."""
        try:
            while not self._is_stopped and self._node.context.ok():
                self._executor.spin_once()
        except Exception:
            if self._node.context.ok():
                raise

    def stop(self) -> None:
        """Stop spinning after the current callback; may be called from any thread at any time."""
        self._is_stopped = True
        with self._ending:
            if not self._is_over:
                self._guard.trigger()
