"""Where depth images come, plain or compressed."""

from __future__ import annotations

from dexnet_ros.parameters import declare_fixed
from rclpy.node import Node
from sensor_msgs.msg import CompressedImage, Image

_TRANSPORTS = {'raw': Image, 'compressedDepth': CompressedImage}
_TOPIC = 'depth/image_rect'


class DepthTopic:
    """The topic of depth images.

    Parameter, read only:
        image_transport: raw, or compressedDepth: then CompressedImage messages are taken from
            `<depth topic>/compressedDepth`, where image_transport publishes them.

    Attributes:
        kind: Type of the messages.
    """

    def __init__(self, node: Node) -> None:
        """Declare the parameter.

        Raises:
            ValueError: It makes no sense.
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
        """Of the topic; what the plain one is remapped to counts for the compressed one too."""
        if self._transport == 'raw':
            return _TOPIC
        return f'{self._node.resolve_topic_name(_TOPIC)}/{self._transport}'
