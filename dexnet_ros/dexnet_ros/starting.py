"""Signal handling of the programs, installed before all other imports.

Only the standard library is imported here, so that signals are handled during the slow imports.
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
    """Make SIGINT and SIGTERM end the process at once with status 0, until a `Stop` is created.

    There is nothing to clean up before a node is created. An exception is not used, because some
    libraries replace an exception that is raised during their import by another one.
    """
    for number in _SIGNALS:
        signal.signal(number, _leave)


class Stop:
    """Records whether SIGINT or SIGTERM was received.

    No exception is raised, so that running work is completed. The signal handlers of rclpy must
    not be installed: they shut down the context at once, and a node could no longer publish.
    """

    def __init__(self) -> None:
        """Install the signal handlers."""
        self._is_requested = False
        for number in _SIGNALS:
            signal.signal(number, self._on_signal)

    def is_requested(self) -> bool:
        """Return whether a signal was received.

        A method, not an attribute: Python runs pending signal handlers at the start of a function,
        and so before the value is read.
        """
        return self._is_requested

    def then(self, call: Callable[[], None]) -> None:
        """Call a function in another thread when a signal is received.

        Python runs signal handlers in the main thread, and only after it has returned from a wait
        in the middleware. The wake-up file descriptor is written at once.
        """
        reading, self._writing = os.pipe()
        os.set_blocking(self._writing, False)
        signal.set_wakeup_fd(self._writing)
        threading.Thread(target=_call_after, args=(reading, call), daemon=True).start()
        if self.is_requested():
            call()

    def ignore(self) -> None:
        """Ignore further signals, because the process is already ending."""
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._is_requested = True


def _call_after(reading: int, call: Callable[[], None]) -> None:
    """Call a function when the number of a signal is read from a pipe."""
    while os.read(reading, 1)[0] not in _SIGNALS:
        pass
    call()


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    os._exit(0)
