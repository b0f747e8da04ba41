"""The service clear_mask: planning goes on without the mask that came last."""

from __future__ import annotations

from dexnet_ros.latest_input import LatestInput
from rclpy.node import Node
from std_srvs.srv import Trigger


class MaskService:
    """Serves clear_mask; it does what an empty Image on the topic mask does."""

    def __init__(self, node: Node, latest: LatestInput) -> None:
        """Begin to serve.

        Args:
            node: That serves.
            latest: Whose mask is dropped.
        """
        self._node = node
        self._latest = latest
        self._service = node.create_service(Trigger, 'clear_mask', self._on_request)

    def destroy(self) -> None:
        """End serving."""
        self._node.destroy_service(self._service)

    def _on_request(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        had_mask = self._latest.mask is not None
        self._latest.mask = None
        response.success = True
        response.message = 'the mask is dropped' if had_mask else 'there was no mask'
        return response
