"""How a program of this package runs: set up rclpy, spin, and end with an exit status."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from dexnet_ros.starting import Stop
from dexnet_ros.watchdog import Watchdog
import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.logging import get_logger
from rclpy.node import Node

RCLError = rclpy_implementation.RCLError
"""What a broken params file raises; rclpy has no public name for it."""

MENDABLE = (ValueError, OSError, ParameterException, RCLError)
"""What tells a user in one line what to mend."""

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
    stop, node = Stop(), None
    try:
        rclpy.init()
        node = make()
        if not start(node):
            return 0 if stop.is_heard() else 1
        with Watchdog(node):
            rclpy.spin(node)
    except ExternalShutdownException:
        pass
    except Exception as error:
        if not stop.is_heard():  # else a signal ended ROS in the midst of something
            if node is not None or not isinstance(error, MENDABLE):
                raise
            get_logger(name).fatal(' '.join(str(error).split()))
            return 1
    finally:
        stop.ignore()
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()
    return 0
