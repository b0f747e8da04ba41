"""Where one frame is in another, from tf2 where it is installed."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import NamedTuple

from builtin_interfaces.msg import Time
from dexnet_ros.conversions import transform_from_msg
import numpy as np
from numpy.typing import NDArray
import rclpy
from rclpy.duration import Duration
from rclpy.node import Node

FrameLookup = Callable[[str, str, Time], NDArray[np.float64]]
"""(target, source, stamp) -> (4, 4) T_target_source; raises ValueError with the reason."""

IMAGE_FRAMES = ('auto', 'optical', 'x_forward')
"""Kinds of frame that a depth image may be said to be stamped with."""
CLOUD_FRAMES = ('auto', 'optical', 'x_forward', 'z_up')
"""Kinds of frame that a cloud may be said to be in."""

R_X_FORWARD_OPTICAL = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
"""How an optical frame (x right, y down, z forward) is turned in one with x forward and z up."""

_Z_UP = ('base', 'base_link', 'base_footprint', 'world', 'map', 'odom')
"""Frames whose z points upwards (REP 103, REP 105, REP 120)."""
_PATIENCE = Duration(seconds=1)
_TOPICS = ('/tf', '/tf_static')


class FrameKind(NamedTuple):
    """What kind of frame an input is in.

    Attributes:
        kind: optical, x_forward or z_up.
        doubt: What the user is told; empty where the kind is sure.
    """

    kind: str
    doubt: str = ''


def image_frame(frame: str, said: str) -> FrameKind:
    """Return what kind of frame a depth image is stamped with; its pixels are optical anyway.

    Args:
        frame: Name in the header of the image.
        said: One of IMAGE_FRAMES; `auto` tells it from the name.

    Raises:
        ValueError: The name does not tell.
    """
    name = frame.rpartition('/')[2]
    if said != 'auto':
        return FrameKind(said)
    if 'optical' in name or not name:
        return FrameKind('optical')
    if name in _Z_UP or name.endswith('_link'):
        raise ValueError(
            f'the frame {frame!r} of the depth image may look along z or along x: set image_frame '
            'to optical (z forward, as most drivers) or x_forward (x forward, as Gazebo)'
        )
    return FrameKind(
        'optical', f'the frame {frame!r} of the depth image is taken for an optical one'
    )


def cloud_frame(frame: str, said: str) -> FrameKind:
    """Return what kind of frame a cloud is in.

    Args:
        frame: Name in the header of the cloud.
        said: One of CLOUD_FRAMES; `auto` tells it from the name.

    Raises:
        ValueError: The name does not tell.
    """
    name = frame.rpartition('/')[2]
    if said != 'auto':
        return FrameKind(said)
    if 'optical' in name:
        return FrameKind('optical')
    if name in _Z_UP:
        return FrameKind('z_up')
    raise ValueError(
        f'the frame {frame!r} of the cloud is neither called optical nor one of '
        f'{", ".join(_Z_UP)}: set cloud_frame to optical, x_forward (as Gazebo) or z_up'
    )


class TransformLookup:
    """Looks frames up in tf2, at the stamp of the image and never at another.

    Nothing is listened to before the first question, or before `start`. Images are older than the
    question about them: what moves cannot be told of an image that is older than the listener.
    The listener has a node and a thread of its own, so that the caller may wait for a transform
    inside a callback without a deadlock. That node is in the namespace of its owner and has the
    owner's name with `_tf` at the end.
    """

    def __init__(self, owner: Node) -> None:
        """Take over where another node has /tf and /tf_static remapped to."""
        self._names = [f'{topic}:={owner.resolve_topic_name(topic)}' for topic in _TOPICS]
        self._name = (f'{owner.get_name()}_tf', owner.get_namespace())
        self._buffer = None
        self._listener = None
        self._node = None

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
        if self._listener is not None or find_spec('tf2_ros') is None:
            return
        import tf2_ros

        self._buffer = tf2_ros.Buffer()
        remaps = [word for name in self._names for word in ('-r', name)]
        self._node = rclpy.create_node(
            self._name[0],
            namespace=self._name[1],
            cli_args=['--ros-args', *remaps],
            use_global_arguments=False,
        )
        self._listener = tf2_ros.TransformListener(self._buffer, self._node, spin_thread=True)

    def close(self) -> None:
        """End the listener, if there is one."""
        if self._node is not None:
            self._listener.executor.shutdown()
            self._listener.dedicated_listener_thread.join()
            self._node.destroy_node()
        self._buffer = self._listener = self._node = None
