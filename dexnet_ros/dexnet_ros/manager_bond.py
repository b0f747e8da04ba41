"""Heartbeat (bond) for a lifecycle manager, such as that of Nav2."""

from __future__ import annotations

from uuid import uuid4

from dexnet_ros.parameters import declare_fixed, require_package
from dexnet_ros.wall_timer import wall_timer
from rclpy.duration import Duration
from rclpy.node import Node

TOPIC = 'bond'
_PERIOD_S = 0.25
_TIMEOUT_S = 4.0
"""Defaults of Nav2's lifecycle manager; its parameter bond_timeout sets the actual timeout."""


def declare_bond(node: Node) -> bool:
    """Declare the read-only parameter bond; return whether the node publishes a heartbeat.

    Args:
        node: Node to declare the parameter on.

    Raises:
        ValueError: The parameter is true, but the package bond is not installed.
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
"""Longest wait for the acknowledgement of the last message, which ends the bond."""


class ManagerBond:
    """Publishes bond/msg/Status while the node is active; the id of the bond is the node's name.

    If the heartbeat stops, the manager assumes that the node has crashed. On deactivation, the
    node ends the bond. Like the nodes of Nav2, it does not monitor the manager.
    """

    def __init__(self, node: Node) -> None:
        """Begin to publish, in the executor of the node."""
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
        """End the bond, and destroy the timer and the publisher."""
        self._send(False)
        self._publisher.wait_for_all_acked(_FAREWELL)
        self._node.destroy_timer(self._timer)
        self._node.destroy_publisher(self._publisher)

    def _send(self, is_active: bool) -> None:
        self._status.active = is_active
        self._status.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(self._status)
