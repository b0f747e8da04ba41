"""Release of memory that malloc keeps after the size of the inputs has changed."""

from __future__ import annotations

import ctypes
import time

_ALIKE = 1.25
"""Largest ratio of two input sizes that count as the same size."""
_PERIOD_S = 5.0
"""Shortest time between two releases, for streams with alternating sizes."""


class FreedMemory:
    """Returns free memory to the system when the input size changes, as after a camera restart.

    The memory of a plan is freed in pieces, and malloc keeps the pieces below a block in use.
    Pieces of different image sizes add up. A release takes one or two milliseconds.
    """

    def __init__(self) -> None:
        """Start without an input."""
        self._size = 0
        self._came = 0.0

    def note(self, size: int) -> None:
        """Record an input of `size` bytes, and release memory if the size has changed.

        Small changes are ignored, because clouds and compressed images vary in size.
        """
        if max(size, self._size) <= _ALIKE * min(size, self._size):
            return
        now = time.monotonic()
        if self._size:
            if now - self._came < _PERIOD_S:
                return
            give_back()
        self._size, self._came = size, now


def give_back() -> None:
    """Return free memory to the system; does nothing if the C library is not glibc."""
    trim = getattr(ctypes.CDLL(None), 'malloc_trim', None)
    if trim is not None:
        trim(0)
