"""What a soak test writes down as it goes: rows of CSV that are on disk at once."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Generic, get_type_hints, NamedTuple, TypeVar


class Phase(NamedTuple):
    """A camera was started.

    Attributes:
        at: When, by time.time.
        what: It sends: a size as 640x480, or `cloud`.
        camera: Its process.
    """

    at: float
    what: str
    camera: int


class Frame(NamedTuple):
    """A camera has sent a frame.

    Attributes:
        stamp: Of it, in seconds of time.time.
        camera: The process.
    """

    stamp: float
    camera: int


class Answer(NamedTuple):
    """An answer came.

    Attributes:
        at: When, by time.time.
        stamp: Of the frame that it answers.
        planning_ms: From when the node took the frame to the answer, as it says itself.
        status: Of the GraspArray.
        grasps: How many.
        message: Why there are none.
    """

    at: float
    stamp: float
    planning_ms: float
    status: int
    grasps: int
    message: str


class Sample(NamedTuple):
    """A look at the node's process.

    Attributes:
        at: When, by time.time.
        rss_kib: Memory that it has in all.
        anon_kib: Of that, its own, without files and shared memory.
        cpu_s: Processor time that it has used since it began.
    """

    at: float
    rss_kib: int
    anon_kib: int
    cpu_s: float


class Ended(NamedTuple):
    """The node ended: when, by time.time, and with what exit status."""

    at: float
    status: int


Row = TypeVar('Row', Phase, Frame, Answer, Sample, Ended)
KINDS = (Phase, Frame, Answer, Sample, Ended)


class Writer(Generic[Row]):
    """Appends rows of one kind to a file of its own."""

    def __init__(self, folder: Path, kind: type[Row]) -> None:
        """Open the file; rows that are there stay."""
        path = _path(folder, kind)
        is_new = not path.exists()
        self._file = path.open('a', buffering=1, newline='')
        self._rows = csv.writer(self._file)
        if is_new:
            self._rows.writerow(kind._fields)

    def write(self, row: Row) -> None:
        """Append a row; a kill after this loses nothing."""
        self._rows.writerow(row)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def rows_of(folder: Path, kind: type[Row]) -> list[Row]:
    """Return the rows that a folder has; a last one that is cut off is left out."""
    path = _path(folder, kind)
    if not path.exists():
        return []
    with path.open(newline='') as file:
        rows = list(csv.reader(file))[1:]
    types = list(get_type_hints(kind).values())
    return [
        kind(*(make(text) for make, text in zip(types, row, strict=True)))
        for row in rows
        if len(row) == len(types)
    ]


def _path(folder: Path, kind: type[Row]) -> Path:
    return folder / f'{kind.__name__.lower()}.csv'
