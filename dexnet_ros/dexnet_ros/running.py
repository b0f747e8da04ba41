"""Main loop of the programs: initialise rclpy, spin a node, and return an exit status."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from dexnet_ros.spinner import Spinner
from dexnet_ros.starting import Stop
from dexnet_ros.watchdog import ending_in_time, Watchdog
import rclpy
from rclpy.exceptions import ParameterException
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.logging import get_logger
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

RCLError = rclpy_implementation.RCLError
"""Exception of a broken params file; rclpy has no public name for it."""

USER_ERRORS = (ValueError, OSError, ParameterException, RCLError)
"""Exceptions that the user can fix; they are logged as one line, without a traceback."""

AnyNode = TypeVar('AnyNode', bound=Node)


def init_without_signals() -> None:
    """Initialise rclpy without signal handlers; `Stop` handles signals."""
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)


def run(
    name: str, make: Callable[[], AnyNode], start: Callable[[AnyNode], bool] = lambda node: True
) -> int:
    """Create a node, start it and spin until a stop signal.

    Args:
        name: Name of the logger before the node exists.
        make: Creates the node; called after rclpy is initialised.
        start: Returns whether the node has started; it logs the reason if not.

    Returns:
        0 after an orderly shutdown, in which the node is destroyed while it can still publish; 1
        if the node could not start, after one line with the reason.
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
        if node is not None or not isinstance(error, USER_ERRORS):
            raise
        get_logger(name).fatal(' '.join(str(error).split()))
        return 1
    finally:
        stop.ignore()
        with ending_in_time():
            if node is not None:
                node.destroy_node()
            rclpy.try_shutdown()
    return 0
