"""Throttled logging, for messages that would otherwise repeat with every image."""

from __future__ import annotations

import re
import time

from rclpy.impl.rcutils_logger import RcutilsLogger

_PERIOD = 5.0


class RepeatedLog:
    """Logs a new message at once, and repeats it only after some seconds.

    The throttling of rclpy works per line of source code, so that one message would suppress
    another one from the same line.
    """

    def __init__(self, logger: RcutilsLogger) -> None:
        """Log to a logger, the same message at most once in five seconds."""
        self._logger = logger
        self._last: dict[str, float] = {}
        self._logged: set[str] = set()

    def info(self, text: str, key: str = '') -> None:
        """Log a message; messages with the same key, or equal up to numbers, are the same."""
        if self._is_due(key or _alike(text)):
            self._logger.info(text)

    def warning(self, text: str) -> None:
        """Log a warning; messages that are equal up to numbers are the same."""
        if self._is_due(_alike(text)):
            self._logger.warning(text)

    def once(self, text: str, key: str = '') -> None:
        """Log a warning only once; messages with the same key are the same."""
        if (key or text) not in self._logged:
            self._logged.add(key or text)
            self._logger.warning(text)

    def _is_due(self, key: str) -> bool:
        now = time.monotonic()
        self._last = {k: then for k, then in self._last.items() if now - then < _PERIOD}
        is_due = key not in self._last
        if is_due:
            self._last[key] = now
        return is_due


def _alike(text: str) -> str:
    return re.sub(r'\d+', '#', text)
