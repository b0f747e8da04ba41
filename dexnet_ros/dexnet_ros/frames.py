"""Where one frame is in another, from tf2 where it is installed."""

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
    """Looks frames up in tf2, at the stamp of the image and never at another.

    Nothing is listened to before the first question, or before `start`. Images are older than the
    question about them: what moves cannot be told of an image that is older than the listener.
    The listener has a node and a thread of its own, so that the caller may wait for a transform
    inside a callback without a deadlock. That node is in the namespace of its owner and has the
    owner's name with `_tf` at the end. The thread that tf2_ros would make is not used: it ends
    with a traceback when the context does.
    """

    def __init__(self, owner: Node) -> None:
        """Take over where another node has /tf and /tf_static remapped to."""
        self._names = [f'{topic}:={owner.resolve_topic_name(topic)}' for topic in _TOPICS]
        self._name = (f'{owner.get_name()}_tf', owner.get_namespace())
        self._buffer = None
        self._listening: _Listening | None = None

    def __call__(self, target: str, source: str, stamp: Time) -> NDArray[np.float64]:
        """Return (4, 4) T_target_source; raise ValueError with the reason if it is unknown."""
        is_new = self._buffer is None
        self.start()
        if self._buffer is None:
            reason = "another frame than the image's needs tf2_ros, which is not installed"
            raise ValueError(reason)
        from tf2_ros import TransformException

        try:
            found = self._buffer.lookup_transform(target, source, stamp, timeout=_PATIENCE)
        except TransformException as error:
            hint = '; /tf is listened to from this question on: ask again' if is_new else ''
            raise ValueError(
                f'no transform from {source!r} to {target!r}: {error}{hint}'
            ) from error
        return transform_from_msg(found.transform)

    def start(self) -> None:
        """Listen from now on, if tf2 is installed and it is not listened already."""
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
        taken = RewoundBuffer(buffer, node.get_logger())
        listener = tf2_ros.TransformListener(taken, node)
        spinner = Spinner(node)
        thread = Thread(target=spinner.spin)
        self._listening = _Listening(node, listener, spinner, thread)
        thread.start()

    def close(self) -> None:
        """End the listener, if there is one."""
        if self._listening is not None:
            node, _, spinner, thread = self._listening
            with spinner:
                spinner.stop()
                thread.join()
            node.destroy_node()
        self._buffer = self._listening = None


class _Listening(NamedTuple):
    """The node that listens, tf2's listener, which must not be collected, and what runs them."""

    node: Node
    listener: object
    spinner: Spinner
    thread: Thread
