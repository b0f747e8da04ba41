"""Time: how much of it was spent over all sessions, how much is left, and how it is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
import json
from pathlib import Path
import time
from typing import Any

from dexnet_core.io.files.atomic import write_text

Tell = Callable[[float, str], None]
"""Told the seconds spent so far and what is being done."""
HOUR = 3600.0
"""Seconds of an hour."""
_SAVED_EVERY = 2.0
"""Seconds between two times that the time spent is written down."""


class TimeIsUpError(Exception):
    """A stage has used its time; what it has finished stays."""


class Work:
    """Counts the seconds that are worked on a folder, also over several sessions.

    Attributes:
        spent: Seconds of all sessions.
    """

    def __init__(self, root: Path, tell: Tell) -> None:
        """Go on where the last session was; `root` is the folder that is worked on."""
        self._path = root / 'spent.json'
        self._tell = tell
        self.spent = _read_spent(self._path)
        self._limit = float('inf')
        self._stage = ''
        self._ends: list[float] = []
        self._saved, self._last = self.spent, time.monotonic()

    def stage(self, name: str, limit: float = float('inf')) -> None:
        """Begin a stage that stops at `limit` seconds of all sessions."""
        self._stage, self._limit, self._ends = name, limit, []
        self._tick(name)

    @property
    def pace(self) -> float:
        """Seconds between two items of the present stage, of which there were at least two."""
        return (self._ends[-1] - self._ends[0]) / (len(self._ends) - 1)

    def progress(self, items: Iterable[Any], what: str, total: int) -> Iterator[Any]:
        """Yield the items and count the time; see `dexnet_core.io.progress`.

        Raises:
            TimeIsUpError: The stage has used its time.
        """
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
        self._tell(self.spent, text)


def _read_spent(path: Path) -> float:
    """Return the seconds of earlier sessions, 0 of a file that cannot be read."""
    try:
        return float(json.loads(path.read_text())['seconds'])
    except (FileNotFoundError, KeyError, TypeError, ValueError):
        return 0.0
