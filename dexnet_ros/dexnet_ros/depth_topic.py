"""Topic of depth images, raw or compressed."""

from __future__ import annotations

from dexnet_ros.parameters import declare_fixed
from rclpy.node import Node
from sensor_msgs.msg import CompressedImage, Image

_TRANSPORTS = {'raw': Image, 'compressedDepth': CompressedImage}
_TOPIC = 'depth/image_rect'


class DepthTopic:
    """Name and message type of the topic of depth images.

    Parameter, read only:
        image_transport: raw, or compressedDepth: the node then subscribes to CompressedImage on
            `<depth topic>/compressedDepth`, the topic of image_transport.

    Attributes:
        kind: Message type.
    """

    def __init__(self, node: Node) -> None:
        """Declare the parameter.

        Raises:
            ValueError: The transport is unknown.
        """
        self._node = node
        self._transport = declare_fixed(
            node, 'image_transport', 'raw', 'Transport of depth images: raw or compressedDepth.'
        )
        if self._transport not in _TRANSPORTS:
            got = f'image_transport is {self._transport!r}'
            raise ValueError(f'{got}, expected {" or ".join(_TRANSPORTS)}')
        self.kind = _TRANSPORTS[self._transport]

    @property
    def name(self) -> str:
        """Name of the topic; the compressed topic follows the remapping of the raw topic."""
        if self._transport == 'raw':
            return _TOPIC
        return f'{self._node.resolve_topic_name(_TOPIC)}/{self._transport}'
