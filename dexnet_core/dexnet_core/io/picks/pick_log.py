"""A folder of picks: answers are kept in memory, and go to disk once it is told how they ended."""

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
"""Of depth images in memory, whose picks can still be told of; the oldest go first."""


_SAME = 1e-4
"""Difference of poses, in metres and of axes, that is rounding."""


class UnknownPickError(ValueError):
    """What is told of is none of the answers that are kept."""


class Answer(NamedTuple):
    """How a client knows an answer.

    Attributes:
        stamp_ns: Of its header.
        frame: Of its header.
        poses: (n, 4, 4) of its grasps, in that frame.
    """

    stamp_ns: int
    frame: str
    poses: NDArray[np.float64]


class _Kept(NamedTuple):
    """An answer in memory, and the time in nanoseconds when it was made."""

    pick: Pick
    answer: Answer
    made_ns: int


class PickLog:
    """Writes picks into a folder, one file each.

    A grasp is known by stamp, frame and pose; of several that are the same, the newest counts.
    Telling of the same grasp again replaces what was told, but no file of an earlier log.
    """

    def __init__(self, folder: Path, most: int) -> None:
        """Begin, or go on with what the folder has.

        Args:
            folder: For the files; made with the first one.
            most: Files in the folder from which on nothing more is written.

        Raises:
            NotADirectoryError: It is a file.
        """
        if folder.exists() and not folder.is_dir():
            raise NotADirectoryError(f'{folder} is no folder, expected one for a log of picks')
        self._folder = folder
        self._most = most
        self._kept: deque[_Kept] = deque()
        self._bytes = 0
        self._told: dict[str, Path] = {}

    def keep(self, pick: Pick, answer: Answer) -> None:
        """Keep an answer, of which nothing was tried yet."""
        self._kept.append(_Kept(pick, answer, time.time_ns()))
        self._bytes += pick.seen.image.depth.nbytes
        while self._bytes > KEPT_BYTES and len(self._kept) > 1:
            self._bytes -= self._kept.popleft().pick.seen.image.depth.nbytes

    def tell(self, grasp: Answer, held: bool, note: str = '') -> Path:
        """Write what became of a grasp; return the file.

        Args:
            grasp: The only one of its kind, as it was in the answer.
            held: Whether the object was lifted and held.
            note: For people.

        Raises:
            UnknownPickError: No answer that is kept has such a grasp.
            OSError: The file cannot be written, or there are as many as there may be.
        """
        kept, tried = self._find(grasp)
        pick = replace(kept.pick, tried=tried, held=held, note=note)
        made = pick.made
        name = f'{made.planner or "pick"}_{made.stamp_ns or kept.made_ns:020d}_{tried:03d}'
        path = self._told.get(name)
        if path is None:
            path = self._unused(name)
            if self._is_full():
                raise OSError(f'{self._folder} has {self._most} picks, the most there may be')
        write_pick(path, pick)
        self._told[name] = path
        return path

    def _unused(self, name: str) -> Path:
        """Return a file that is not there; simulated time gives the same stamps in every run."""
        endings = chain([''], (f'_{number}' for number in count(2)))
        paths = (self._folder / f'{name}{ending}.npz' for ending in endings)
        return next(path for path in paths if not path.exists())

    def _is_full(self) -> bool:
        return self._folder.exists() and len(pick_files(self._folder)) >= self._most

    def _find(self, grasp: Answer) -> tuple[_Kept, int]:
        """Return the newest answer with a grasp, and the number of the grasp in it."""
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
    """Return the files of a log, in order; files that begin with a dot are not whole yet."""
    return sorted(path for path in folder.glob('*.npz') if not path.name.startswith('.'))


def read_log(folder: Path) -> Iterator[tuple[Path, Pick]]:
    """Yield the picks of a log with their files.

    Raises:
        ValueError: A file is damaged, of another kind or version; the message names it.
    """
    for path in pick_files(folder):
        yield path, read_pick(path)
