"""Lookup of transforms between frames, from tf2 if it is installed."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from threading import Thread
from typing import NamedTuple

from builtin_interfaces.msg import Time
from dexnet_ros.conversions import transform_from_msg
from dexnet_ros.spinner import Spinner
from dexnet_ros.tf_rewind import RewoundBuffer
import numpy as np
from numpy.typing import NDArray
import rclpy
from rclpy.duration import Duration
from rclpy.node import Node

FrameLookup = Callable[[str, str, Time], NDArray[np.float64]]
"""(target, source, stamp) -> (4, 4) T_target_source; raises ValueError with the reason."""

_PATIENCE = Duration(seconds=1)
_TOPICS = ('/tf', '/tf_static')


class TransformLookup:
    """Looks up transforms in tf2, always at the stamp of the image.

    The subscriptions to /tf and /tf_static are created by the first lookup, or by `start`. An
    image is older than the lookup for it, so the first lookup of a moving frame may fail: the
    listener has no transforms from before its creation. The listener has its own node and thread,
    so that a callback can wait for a transform without a deadlock. The node is in the namespace of
    its owner, and its name is that of the owner with the suffix `_tf`. The thread of tf2_ros is
    not used, because it ends with a traceback when the context is shut down.
    """

    def __init__(self, owner: Node) -> None:
        """Store the remappings of /tf and /tf_static of the owner."""
        self._names = [f'{topic}:={owner.resolve_topic_name(topic)}' for topic in _TOPICS]
        self._name = (f'{owner.get_name()}_tf', owner.get_namespace())
        self._buffer = None
        self._listening: _Listening | None = None

    def __call__(self, target: str, source: str, stamp: Time) -> NDArray[np.float64]:
        """Return (4, 4) T_target_source; raise ValueError with the reason if it is unknown."""
        is_new = self._buffer is None
        self.start()
        if self._buffer is None:
            reason = 'a frame other than that of the image needs tf2_ros, which is not installed'
            raise ValueError(reason)
        from tf2_ros import TransformException

        try:
            found = self._buffer.lookup_transform(target, source, stamp, timeout=_PATIENCE)
        except TransformException as error:
            hint = '; the node has only now subscribed to /tf: try again' if is_new else ''
            raise ValueError(
                f'no transform from {source!r} to {target!r}: {error}{hint}'
            ) from error
        return transform_from_msg(found.transform)

    def start(self) -> None:
        """Create the listener, if tf2 is installed and there is none yet."""
        if self._listening is not None or find_spec('tf2_ros') is None:
            return
        import tf2_ros

        buffer = self._buffer = tf2_ros.Buffer()
        remaps = [word for name in self._names for word in ('-r', name)]
        node = rclpy.create_node(
            self._name[0],
            namespace=self._name[1],
            cli_args=['--ros-args', *remaps],
            use_global_arguments=False,
        )
        rewound = RewoundBuffer(buffer, node.get_logger())
        listener = tf2_ros.TransformListener(rewound, node)
        spinner = Spinner(node)
        thread = Thread(target=spinner.spin)
        self._listening = _Listening(node, listener, spinner, thread)
        thread.start()

    def close(self) -> None:
        """Stop the listener and destroy its node, if there is one."""
        if self._listening is not None:
            node, _, spinner, thread = self._listening
            with spinner:
                spinner.stop()
                thread.join()
            node.destroy_node()
        self._buffer = self._listening = None


class _Listening(NamedTuple):
    """Node, listener (kept here from garbage collection), spinner and thread of the lookup."""

    node: Node
    listener: object
    spinner: Spinner
    thread: Thread
