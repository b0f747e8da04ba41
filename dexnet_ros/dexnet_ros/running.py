"""How a program of this package runs: set up rclpy, spin, and end with an exit status."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from dexnet_ros.spinner import Spinner
from dexnet_ros.starting import Stop
from dexnet_ros.watchdog import Watchdog
import rclpy
from rclpy.exceptions import ParameterException
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.logging import get_logger
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

RCLError = rclpy_implementation.RCLError
"""What a broken params file raises; rclpy has no public name for it."""

MENDABLE = (ValueError, OSError, ParameterException, RCLError)
"""What tells a user in one line what to mend."""

AnyNode = TypeVar('AnyNode', bound=Node)


def init_without_signals() -> None:
    """Initialise rclpy, which leaves signals to a `Stop`."""
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)


def run(
    name: str, make: Callable[[], AnyNode], start: Callable[[AnyNode], bool] = lambda node: True
) -> int:
    """Make a node, start it and spin until told to stop.

    Args:
        name: For the log, while there is no node.
        make: Makes the node; called after rclpy is initialised.
        start: Returns whether the node could start; it has said why not.

    Returns:
        0 after an orderly end, in which the node is destroyed while it can still publish; 1 if
        it could not start, after one line that says why.
    """
    stop, node = Stop(), None
    try:
        init_without_signals()
        node = make()
        if not start(node):
            return 1
        with Watchdog(node), Spinner(node) as spinner:
            stop.then(spinner.stop)
            spinner.spin()
    except Exception as error:
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
