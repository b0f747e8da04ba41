"""Handling of transforms whose time jumps back, as in a bag that is played in a loop."""

from __future__ import annotations

from typing import Protocol

from geometry_msgs.msg import TransformStamped
from rclpy.impl.rcutils_logger import RcutilsLogger
from rclpy.time import Time

_BACK_S = 1.0
"""Stamps of a frame that go back by more seconds are a jump in time."""


class Buffer(Protocol):
    """The methods of tf2's buffer that are used."""

    def set_transform(self, transform: TransformStamped, authority: str) -> None:
        """Store a transform."""

    def set_transform_static(self, transform: TransformStamped, authority: str) -> None:
        """Store a static transform."""

    def clear(self) -> None:
        """Remove all transforms except static ones."""


class RewoundBuffer:
    """Forwards transforms to tf2's buffer, and clears the buffer when their time jumps back.

    tf2 rejects transforms that are ten seconds older than the newest, with a warning for each.
    Without this class, a bag that is played in a loop would have no transforms until its last ten
    seconds.
    """

    def __init__(self, buffer: Buffer, logger: RcutilsLogger) -> None:
        """Forward to a buffer, and log a warning when it is cleared."""
        self._buffer = buffer
        self._logger = logger
        self._newest: dict[str, float] = {}

    def set_transform(self, transform: TransformStamped, authority: str) -> None:
        """Store a transform; clear the buffer before if time has jumped back."""
        frame = transform.child_frame_id
        stamp = Time.from_msg(transform.header.stamp).nanoseconds * 1e-9
        back = self._newest.get(frame, stamp) - stamp
        if back > _BACK_S:
            self._logger.warning(
                f'the time of {frame!r} on /tf went back by {back:.1f} s, as when a bag is'
                ' restarted: older transforms are dropped',
                throttle_duration_sec=5.0,
            )
            self._buffer.clear()
            self._newest.clear()
        self._newest[frame] = max(stamp, self._newest.get(frame, stamp))
        self._buffer.set_transform(transform, authority)

    def set_transform_static(self, transform: TransformStamped, authority: str) -> None:
        """Store a static transform."""
        self._buffer.set_transform_static(transform, authority)
