"""Where one frame is in another, from tf2 where it is installed."""

from __future__ import annotations

from collections.abc import Callable

from builtin_interfaces.msg import Time
from dexnet_ros.conversions import transform_from_msg
import numpy as np
from numpy.typing import NDArray
import rclpy
from rclpy.duration import Duration

FrameLookup = Callable[[str, str, Time], NDArray[np.float64]]
"""(target, source, stamp) -> (4, 4) T_target_source; raises ValueError with the reason."""

_PATIENCE = Duration(seconds=1)


class TransformLookup:
    """Looks frames up in tf2, at the stamp of the image and never at another.

    The listener starts at the first call, so that a robot's stream of transforms costs nothing
    where no other frame is ever asked for. It has a node and a thread of its own: the caller may
    wait for a transform inside a callback without a deadlock.
    """

    def __init__(self) -> None:
        self._buffer = None
        self._listener = None
        self._node = None

    def __call__(self, target: str, source: str, stamp: Time) -> NDArray[np.float64]:
        """Return (4, 4) T_target_source; raise ValueError with the reason if it is unknown."""
        self._listen()
        import tf2_ros

        try:
            found = self._buffer.lookup_transform(target, source, stamp, timeout=_PATIENCE)
        except tf2_ros.TransformException as error:
            raise ValueError(f'no transform from {source!r} to {target!r}: {error}') from error
        return transform_from_msg(found.transform)

    def close(self) -> None:
        """End the listener, if there is one."""
        if self._node is not None:
            self._listener.executor.shutdown()
            self._listener.dedicated_listener_thread.join()
            self._node.destroy_node()
        self._buffer = self._listener = self._node = None

    def _listen(self) -> None:
        if self._listener is not None:
            return
        try:
            import tf2_ros
        except ImportError as error:
            reason = "another frame than the image's needs tf2_ros, which is not installed"
            raise ValueError(reason) from error
        self._buffer = tf2_ros.Buffer()
        self._node = rclpy.create_node('grasp_frame_listener', use_global_arguments=False)
        self._listener = tf2_ros.TransformListener(self._buffer, self._node, spin_thread=True)
