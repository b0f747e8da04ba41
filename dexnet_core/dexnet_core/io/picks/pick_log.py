"""Log of picks: plans are kept in memory, and written to a file when their result is reported."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, count
from pathlib import Path
import time
from typing import NamedTuple

from dexnet_core.io.picks.tried_pick import Pick, read_pick, write_pick
import numpy as np
from numpy.typing import NDArray

KEPT_BYTES = 256_000_000
"""Memory for depth images of plans whose results may be reported; the oldest are dropped."""


_SAME = 1e-4
"""Largest difference of equal poses, in metres and in components of the axes."""


class UnknownPickError(ValueError):
    """The reported grasp is in none of the plans in memory."""


class Answer(NamedTuple):
    """Identification of a published plan.

    Attributes:
        stamp_ns: Stamp of its header, nanoseconds.
        frame: Frame of its header.
        poses: (n, 4, 4) poses of its grasps in that frame.
    """

    stamp_ns: int
    frame: str
    poses: NDArray[np.float64]


class _Kept(NamedTuple):
    """A plan in memory, and the time when it was kept, nanoseconds since 1970."""

    pick: Pick
    answer: Answer
    made_ns: int


class PickLog:
    """Writes picks into a folder, one file for each pick.

    A grasp is identified by stamp, frame and pose; if several plans match, the newest is used.
    A second report of the same grasp replaces its file, but never a file of an earlier log.
    """

    def __init__(self, folder: Path, most: int) -> None:
        """Open a log; existing files of the folder are kept.

        Args:
            folder: Folder of the files; it is created with the first file.
            most: Largest number of files in the folder.

        Raises:
            NotADirectoryError: The path is a file.
        """
        if folder.exists() and not folder.is_dir():
            raise NotADirectoryError(f'{folder} is not a folder, expected one for a log of picks')
        self._folder = folder
        self._most = most
        self._kept: deque[_Kept] = deque()
        self._bytes = 0
        self._written: dict[str, Path] = {}

    def keep(self, pick: Pick, answer: Answer) -> None:
        """Keep a plan in memory until a result is reported."""
        self._kept.append(_Kept(pick, answer, time.time_ns()))
        self._bytes += pick.seen.image.depth.nbytes
        while self._bytes > KEPT_BYTES and len(self._kept) > 1:
            self._bytes -= self._kept.popleft().pick.seen.image.depth.nbytes

    def report(self, grasp: Answer, held: bool, note: str = '') -> Path:
        """Write the result of a grasp to a file, and return its path.

        Args:
            grasp: Stamp, frame and pose (1, 4, 4) of the grasp, as in the published plan.
            held: Whether the object was lifted and held.
            note: Free text.

        Raises:
            UnknownPickError: No plan in memory has this grasp.
            OSError: The file cannot be written, or the folder has the largest number of files.
        """
        kept, tried = self._find(grasp)
        pick = replace(kept.pick, tried=tried, held=held, note=note)
        made = pick.made
        name = f'{made.planner or "pick"}_{made.stamp_ns or kept.made_ns:020d}_{tried:03d}'
        path = self._written.get(name)
        if path is None:
            path = self._unused(name)
            if self._is_full():
                raise OSError(f'{self._folder} has {self._most} picks, the largest allowed number')
        write_pick(path, pick)
        self._written[name] = path
        return path

    def _unused(self, name: str) -> Path:
        """Return an unused path; stamps of simulated time repeat in every run."""
        endings = chain([''], (f'_{number}' for number in count(2)))
        paths = (self._folder / f'{name}{ending}.npz' for ending in endings)
        return next(path for path in paths if not path.exists())

    def _is_full(self) -> bool:
        return self._folder.exists() and len(pick_files(self._folder)) >= self._most

    def _find(self, grasp: Answer) -> tuple[_Kept, int]:
        """Return the newest plan with a grasp, and the index of the grasp in it."""
        (pose,) = grasp.poses
        for kept in reversed(self._kept):
            if kept.answer[:2] == grasp[:2] and len(kept.answer.poses):
                apart = np.abs(kept.answer.poses - pose).max(axis=(1, 2))
                if apart.min() < _SAME:
                    return kept, int(apart.argmin())
        raise UnknownPickError(
            f'no grasp at {pose[:3, 3].round(4).tolist()} with stamp {grasp.stamp_ns / 1e9:.9f} s '
            f'in frame {grasp.frame!r} is known, expected one of the last {len(self._kept)} '
            'answers, unchanged'
        )


def pick_files(folder: Path) -> list[Path]:
    """Return the files of a log, sorted; names with a leading dot are incomplete files."""
    return sorted(path for path in folder.glob('*.npz') if not path.name.startswith('.'))


def read_log(folder: Path) -> Iterator[tuple[Path, Pick]]:
    """Yield the picks of a log with their files.

    Raises:
        ValueError: A file is damaged, or has another format or version; the message names it.
    """
    for path in pick_files(folder):
        yield path, read_pick(path)
