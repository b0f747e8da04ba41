"""Service clear_mask, which drops the latest mask."""

from __future__ import annotations

from dexnet_ros.latest_input import LatestInput
from rclpy.node import Node
from std_srvs.srv import Trigger


class MaskService:
    """Service clear_mask; it has the same effect as an empty Image on the topic mask."""

    def __init__(self, node: Node, latest: LatestInput) -> None:
        """Create the service.

        Args:
            node: Node of the service.
            latest: Latest messages, with the mask.
        """
        self._node = node
        self._latest = latest
        self._service = node.create_service(Trigger, 'clear_mask', self._on_request)

    def destroy(self) -> None:
        """Destroy the service."""
        self._node.destroy_service(self._service)

    def _on_request(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        had_mask = self._latest.mask is not None
        self._latest.mask = None
        response.success = True
        response.message = 'the mask is dropped' if had_mask else 'there was no mask'
        return response
