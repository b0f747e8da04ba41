"""The first thing that a program does: to end without a word when it is told to, from then on.

Nothing but the standard library is imported here, so that signals are heard before all that takes
seconds to import.
"""

from __future__ import annotations

from collections.abc import Callable
import os
import signal
import threading
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

    Nothing is raised, so that what is being done is done to its end. rclpy's own handlers must not
    be there: they end the context at once, and a node could no longer send a farewell.
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

    def then(self, call: Callable[[], None]) -> None:
        """Call a function, in another thread, once the process is told to stop.

        Python runs the handler of a signal in its main thread, and not before that has come back
        from waiting in the middleware; what comes through the pipe is there at once.
        """
        heard, self._tell = os.pipe()
        os.set_blocking(self._tell, False)
        signal.set_wakeup_fd(self._tell)
        threading.Thread(target=_call_after, args=(heard, call), daemon=True).start()
        if self.is_heard():
            call()

    def ignore(self) -> None:
        """Hear no more: the process ends anyway."""
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self._heard = True


def _call_after(heard: int, call: Callable[[], None]) -> None:
    """Call a function once a signal's number comes through a pipe."""
    while os.read(heard, 1)[0] not in _SIGNALS:
        pass
    call()


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    os._exit(0)
