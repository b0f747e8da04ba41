"""The first thing that a program does: to end without a word when it is told to, from then on.

Nothing but the standard library is imported here, so that signals are heard before all that takes
seconds to import.
"""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import NoReturn

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def end_quietly() -> None:
    """Let SIGINT and SIGTERM end the process at once with status 0, until there is a `Stop`.

    There is nothing to tidy up before a node is made. An exception would do as well, but some of
    the libraries turn one that comes while they are imported into another.
    """
    for number in _SIGNALS:
        signal.signal(number, _leave)


class Stop:
    """Notes from now on whether the process was told to stop.

    Nothing is raised: rclpy's own handler, which comes on top of this one, ends spinning, and what
    is done before that is done to its end.
    """

    def __init__(self) -> None:
        """Begin to listen."""
        self._heard = False
        for number in _SIGNALS:
            signal.signal(number, self._hear)

    def is_heard(self) -> bool:
        """Return whether it was told to.

        Not an attribute: Python runs the handler of a signal that has just come where a function
        begins, and so before the answer.
        """
        return self._heard

    def ignore(self) -> None:
        """Hear no more: the process ends anyway."""
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self._heard = True


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    os._exit(0)
