"""Log lines that would otherwise come with every image."""

from __future__ import annotations

import re
import time

from rclpy.impl.rcutils_logger import RcutilsLogger

_PERIOD = 5.0


class RepeatedLog:
    """Writes a line at once when it is new, and again only some seconds later.

    rclpy's own throttling goes by the place in the source, so a second kind of fault would stay
    silent behind the first.
    """

    def __init__(self, logger: RcutilsLogger) -> None:
        """Write to a logger, the same line at most once in five seconds."""
        self._logger = logger
        self._last: dict[str, float] = {}
        self._said: set[str] = set()

    def info(self, text: str, key: str = '') -> None:
        """Write a line; lines of one key, or alike but for numbers, count as the same."""
        if self._is_due(key or _alike(text)):
            self._logger.info(text)

    def warning(self, text: str) -> None:
        """Write a warning; lines that are alike but for numbers count as the same."""
        if self._is_due(_alike(text)):
            self._logger.warning(text)

    def once(self, text: str, key: str = '') -> None:
        """Write a warning the first time only; lines of one key count as the same."""
        if (key or text) not in self._said:
            self._said.add(key or text)
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
