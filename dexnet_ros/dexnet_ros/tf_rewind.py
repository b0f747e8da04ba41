"""Transforms of a recording that begins again."""

from __future__ import annotations

from typing import Protocol

from geometry_msgs.msg import TransformStamped
from rclpy.impl.rcutils_logger import RcutilsLogger
from rclpy.time import Time

_BACK_S = 1.0
"""Seconds that the stamps of one frame do not go back by where the same time goes on."""


class Buffer(Protocol):
    """What is used of tf2's buffer."""

    def set_transform(self, transform: TransformStamped, authority: str) -> None:
        """Take a transform."""

    def set_transform_static(self, transform: TransformStamped, authority: str) -> None:
        """Take a transform that holds at any time."""

    def clear(self) -> None:
        """Forget all transforms but static ones."""


class RewoundBuffer:
    """Passes transforms on to tf2's buffer, and empties that first where their time goes back.

    tf2 refuses what is ten seconds older than what it has, with a warning for each. Without this,
    a recording that is played in a loop would have no transforms until its last ten seconds.
    """

    def __init__(self, buffer: Buffer, logger: RcutilsLogger) -> None:
        """Pass on to a buffer, and say so when it is emptied."""
        self._buffer = buffer
        self._logger = logger
        self._newest: dict[str, float] = {}

    def set_transform(self, transform: TransformStamped, authority: str) -> None:
        """Take a transform."""
        frame = transform.child_frame_id
        stamp = Time.from_msg(transform.header.stamp).nanoseconds * 1e-9
        back = self._newest.get(frame, stamp) - stamp
        if back > _BACK_S:
            self._logger.warning(
                f'the time of {frame!r} on /tf went back by {back:.1f} s, as where a recording'
                ' begins again: older transforms are dropped',
                throttle_duration_sec=5.0,
            )
            self._buffer.clear()
            self._newest.clear()
        self._newest[frame] = max(stamp, self._newest.get(frame, stamp))
        self._buffer.set_transform(transform, authority)

    def set_transform_static(self, transform: TransformStamped, authority: str) -> None:
        """Take a transform that holds at any time."""
        self._buffer.set_transform_static(transform, authority)
