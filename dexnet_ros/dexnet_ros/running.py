"""How a program of this package runs: set up rclpy, spin, and end with an exit status."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.logging import get_logger
from rclpy.node import Node

RCLError = rclpy_implementation.RCLError
"""What a broken params file raises; rclpy has no public name for it."""

AnyNode = TypeVar('AnyNode', bound=Node)


def run(
    name: str, make: Callable[[], AnyNode], start: Callable[[AnyNode], bool] = lambda node: True
) -> int:
    """Make a node, start it and spin until told to stop.

    Args:
        name: For the log, while there is no node.
        make: Makes the node; called after rclpy is initialised.
        start: Returns whether the node could start; it has said why not.

    Returns:
        0 after an orderly end; 1 if the node could not start, after one line that says why.
    """
    node = None
    try:
        node = _made(name, make)
        if node is None or not start(node):
            return 1
        rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except RCLError:
        if rclpy.ok():  # else a signal ended ROS in the midst of a callback
            raise
    finally:
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()
    return 0


def _made(name: str, make: Callable[[], AnyNode]) -> AnyNode | None:
    """Return the node, or None after one line for what a user can mend."""
    try:
        rclpy.init()
        return make()
    except (ValueError, OSError, ParameterException, RCLError) as error:
        get_logger(name).fatal(' '.join(str(error).split()))
        return None
