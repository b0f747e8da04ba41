"""Memory that malloc keeps for inputs of a size that no longer come."""

from __future__ import annotations

import ctypes
import time

_ALIKE = 1.25
"""Times as many bytes as before that count as the same size."""
_PERIOD_S = 5.0
"""Where inputs of several sizes take turns, memory is not given back for each."""


class FreedMemory:
    """Gives free memory back to the system where inputs change in size, as after a restart.

    What a plan needed is freed in pieces, and malloc keeps those that something lies behind.
    Pieces for images of several sizes add up. Giving them back takes one or two milliseconds.
    """

    def __init__(self) -> None:
        """Begin with no input."""
        self._size = 0
        self._came = 0.0

    def note(self, size: int) -> None:
        """Take note of an input of so many bytes; clouds and compressed images vary a little."""
        if max(size, self._size) <= _ALIKE * min(size, self._size):
            return
        now = time.monotonic()
        if self._size:
            if now - self._came < _PERIOD_S:
                return
            give_back()
        self._size, self._came = size, now


def give_back() -> None:
    """Give free memory back to the system, where the C library is glibc."""
    trim = getattr(ctypes.CDLL(None), 'malloc_trim', None)
    if trim is not None:
        trim(0)
