#!/usr/bin/env python3
"""Checks whether a planner node is active, for Docker's HEALTHCHECK.

    healthcheck.py [NODE]

NODE is the fully qualified name of the node. The default is the variable DEXNET_NODE, or
/suction_node. The exit status is 0 if the node is active, otherwise 1 with one line of reason.
"""

from __future__ import annotations

import os
import sys

from lifecycle_msgs.msg import State
from lifecycle_msgs.srv import GetState
import rclpy

_PATIENCE_S = 8.0


def main() -> str | None:
    """Return the reason why the node is not healthy; None if it is."""
    name = sys.argv[1] if len(sys.argv) > 1 else os.environ.get('DEXNET_NODE', '/suction_node')
    rclpy.init()
    node = rclpy.create_node(f'healthcheck_{os.getpid()}', enable_rosout=False)
    try:
        return _trouble(node, name)
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


def _trouble(node: rclpy.node.Node, name: str) -> str | None:
    client = node.create_client(GetState, f'{name}/get_state')
    if not client.wait_for_service(_PATIENCE_S):
        return f'{name} is not running'
    future = client.call_async(GetState.Request())
    rclpy.spin_until_future_complete(node, future, timeout_sec=_PATIENCE_S)
    if not future.done():
        return f'{name} did not respond within {_PATIENCE_S:g} s'
    state = future.result().current_state
    return None if state.id == State.PRIMARY_STATE_ACTIVE else f'{name} is {state.label}'


if __name__ == '__main__':
    sys.exit(main())
