"""Working time of a run: time spent over all sessions, limits of stages, and progress."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
import json
from pathlib import Path
import time
from typing import Any

from dexnet_core.io.files.atomic import write_text

ProgressCallback = Callable[[float, str], None]
"""Progress callback: seconds spent so far, and text of the current step."""
HOUR = 3600.0
"""Seconds per hour."""
_SAVED_EVERY = 2.0
"""Seconds between two writes of the time spent."""


class TimeIsUpError(Exception):
    """The time of a stage is up; its finished results stay."""


class Work:
    """Counts the working time of a folder over all sessions.

    Attributes:
        spent: Seconds of all sessions so far.
    """

    def __init__(self, root: Path, report: ProgressCallback) -> None:
        """Resume counting from the last session in the folder `root`."""
        self._path = root / 'spent.json'
        self._report = report
        self.spent = _read_spent(self._path)
        self._limit = float('inf')
        self._stage = ''
        self._ends: list[float] = []
        self._saved, self._last = self.spent, time.monotonic()

    def stage(self, name: str, limit: float = float('inf')) -> None:
        """Begin a stage that ends when `spent` reaches `limit` seconds."""
        self._stage, self._limit = name, limit
        self._tick(name)

    @property
    def pace(self) -> float:
        """Mean seconds per item of the last progress; it needs two finished items."""
        return (self._ends[-1] - self._ends[0]) / (len(self._ends) - 1)

    def progress(self, items: Iterable[Any], what: str, total: int) -> Iterator[Any]:
        """Yield the items and count the time; see `dexnet_core.io.progress`.

        Raises:
            TimeIsUpError: The time of the stage is up.
        """
        self._ends = []
        for number, item in enumerate(items, 1):
            yield item
            self._tick(f'{self._stage}: {what} {number}/{total}')
            self._ends.append(self.spent)
            if self.spent > self._limit:
                raise TimeIsUpError(self._stage)

    def _tick(self, text: str) -> None:
        now = time.monotonic()
        self.spent, self._last = self.spent + now - self._last, now
        if self.spent - self._saved > _SAVED_EVERY:
            write_text(self._path, json.dumps({'seconds': self.spent}) + '\n')
            self._saved = self.spent
        self._report(self.spent, text)


def _read_spent(path: Path) -> float:
    """Return the seconds of earlier sessions; 0 if the file cannot be read."""
    try:
        return float(json.loads(path.read_text())['seconds'])
    except (FileNotFoundError, KeyError, TypeError, ValueError):
        return 0.0
