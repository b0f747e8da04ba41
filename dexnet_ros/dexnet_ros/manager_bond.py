"""The heartbeat that a lifecycle manager as Nav2's expects of the nodes that it manages."""

from __future__ import annotations

from uuid import uuid4

from dexnet_ros.parameters import declare_fixed, require_package
from dexnet_ros.wall_timer import wall_timer
from rclpy.duration import Duration
from rclpy.node import Node

TOPIC = 'bond'
_PERIOD_S = 0.25
_TIMEOUT_S = 4.0
"""The defaults of Nav2's manager; its parameter bond_timeout decides what it bears."""


def declare_bond(node: Node) -> bool:
    """Declare the parameter bond, read only; return whether the node sends a heartbeat.

    Args:
        node: That gets the parameter.

    Raises:
        ValueError: It is true, and the messages of the package bond are not installed.
    """
    is_wanted = declare_fixed(
        node,
        'bond',
        False,
        'Whether to send a heartbeat on topic bond, as the lifecycle manager of Nav2 expects.',
    )
    if is_wanted:
        require_package('bond', 'bond is true')
    return is_wanted


_FAREWELL = Duration(seconds=0.2)
"""For a farewell to be heard; who misses it waits for the heartbeat instead."""


class ManagerBond:
    """Sends bond/msg/Status of the node, whose name is the bond's id, while the node is active.

    The manager takes a node for dead whose heartbeat it misses, and is told where a node is
    deactivated. The node does not listen to the manager, as Nav2's own nodes do not.
    """

    def __init__(self, node: Node) -> None:
        """Begin to send, in the executor of the node."""
        from bond.msg import Status  # not part of every installation

        self._node = node
        self._status = Status(
            id=node.get_name(),
            instance_id=str(uuid4()),
            heartbeat_period=_PERIOD_S,
            heartbeat_timeout=_TIMEOUT_S,
        )
        self._publisher = node.create_publisher(Status, TOPIC, 10)
        self._timer = wall_timer(node, _PERIOD_S, lambda: self._send(True))
        self._send(True)

    def destroy(self) -> None:
        """Say farewell and end sending."""
        self._send(False)
        self._publisher.wait_for_all_acked(_FAREWELL)
        self._node.destroy_timer(self._timer)
        self._node.destroy_publisher(self._publisher)

    def _send(self, is_active: bool) -> None:
        self._status.active = is_active
        self._status.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(self._status)
