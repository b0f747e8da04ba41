"""The figures of a soak test, from what was written down."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from dexnet_core.planning.grasp import PlanStatus
import numpy as np
from numpy.typing import NDArray
from records import Answer, Ended, Frame, Phase, rows_of, Sample

WARM_UP_S = 300.0
"""Memory may grow in the first five minutes, while every size comes for the first time."""
TRANSIT_S = 0.01
"""A frame is there to be planned on this long after its stamp; 1280x720 takes a few ms."""
_LEAST_S = 3.0


class Record(NamedTuple):
    """All that was written down of one planner."""

    phases: list[Phase]
    frames: list[Frame]
    answers: list[Answer]
    samples: list[Sample]
    ended: list[Ended]


class Memory(NamedTuple):
    """MiB of the node.

    Attributes:
        first: In the first whole round of cameras after the warm-up, the mean of each camera's
            median; or the median of the first third of a test that was too short for that.
        middle: In the round in the middle of those after the warm-up, or of the second third.
        last: In the last whole round, or of the last third.
    """

    first: float
    middle: float
    last: float

    @property
    def growth(self) -> float:
        """From the first to the last, as a share of the first."""
        return self.last / self.first - 1

    @property
    def late_growth(self) -> float:
        """From the middle to the last, as a share of the middle."""
        return self.last / self.middle - 1


class Figures(NamedTuple):
    """What became of one planner.

    Attributes:
        minutes: That were watched.
        answer_ms: (n,) from when the node took a frame to its answer.
        behind: (n,) frames that were newer than the answered one when planning on it began.
        restart_s: (k,) from the first frame of each restarted camera to the first grasps that
            were planned on it; infinite where none came.
        errors: Answers that say that the input could not be used.
        ended: Exit statuses of the node; one 0 where all went well.
        memory: Resident in all.
        anonymous: Of that, what is the node's own.
        cpu: Processor time for each second.
    """

    minutes: float
    answer_ms: NDArray[np.float64]
    behind: NDArray[np.int64]
    restart_s: NDArray[np.float64]
    errors: int
    ended: list[int]
    memory: Memory
    anonymous: Memory
    cpu: float


def record_of(folder: Path) -> Record:
    """Return what is written in the folder of a planner."""
    return Record(*(rows_of(folder, kind) for kind in (Phase, Frame, Answer, Sample, Ended)))


def figures_of(record: Record) -> Figures:
    """Return the figures of one planner."""
    samples = record.samples
    seconds = samples[-1].at - samples[0].at
    bad = [answer for answer in record.answers if answer.status == PlanStatus.BAD_INPUT]
    return Figures(
        minutes=seconds / 60,
        answer_ms=np.array([answer.planning_ms for answer in record.answers]),
        behind=frames_behind(record),
        restart_s=restarts(record),
        errors=len(bad),
        ended=[ended.status for ended in record.ended],
        memory=_memory(record, [sample.rss_kib for sample in samples]),
        anonymous=_memory(record, [sample.anon_kib for sample in samples]),
        cpu=(samples[-1].cpu_s - samples[0].cpu_s) / max(seconds, 1e-9),
    )


def frames_behind(record: Record) -> NDArray[np.int64]:
    """Return for each answer how many newer frames were there when planning on it began.

    A node takes the newest frame and plans; what is sent while it plans is for the next plan. So
    frames count that are newer than the answered one and were stamped TRANSIT_S or more before
    planning began, which was planning_ms before the answer.
    """
    stamps = np.sort([frame.stamp for frame in record.frames])
    began = np.array([a.at - a.planning_ms / 1000 - TRANSIT_S for a in record.answers])
    answered = np.array([answer.stamp for answer in record.answers])
    there = np.searchsorted(stamps, began, 'right')
    known = np.searchsorted(stamps, answered + 1e-6, 'right')
    return np.maximum(there - known, 0)


def restarts(record: Record) -> NDArray[np.float64]:
    """Return for each camera but the first the seconds from its first frame to its first grasps.

    A camera that was ended before it had sent three seconds of frames is left out.
    """
    took = []
    for phase in record.phases[1:]:
        stamps = [frame.stamp for frame in record.frames if frame.camera == phase.camera]
        if not stamps or stamps[-1] - stamps[0] < _LEAST_S:
            continue
        came = [a.at for a in record.answers if _is_good(a) and stamps[0] <= a.stamp <= stamps[-1]]
        took.append(min(came, default=np.inf) - stamps[0])
    return np.array(took)


def _is_good(answer: Answer) -> bool:
    return answer.status == PlanStatus.OK


def _memory(record: Record, kib: list[int]) -> Memory:
    """Return the memory of the first, a middle and the last whole round of cameras."""
    at = np.array([sample.at for sample in record.samples])
    values = np.array(kib) / 1024
    starts = np.array([phase.at for phase in record.phases])
    length = _round_length([phase.what for phase in record.phases])
    warm = int(np.searchsorted(starts, at[0] + WARM_UP_S))
    if warm + 2 * length >= len(starts):
        return Memory(*(float(np.median(third)) for third in np.array_split(values, 3)))
    each = np.split(values, np.searchsorted(at, starts[1:]))
    last = len(each) - 1 - length
    begins = warm, (warm + last) // 2, last
    rounds = (each[begin : begin + length] for begin in begins)
    return Memory(*(float(np.mean([np.median(part) for part in one])) for one in rounds))


def _round_length(kinds: list[str]) -> int:
    """Return after how many cameras their kinds repeat."""
    count = len(kinds)
    fits = (n for n in range(1, count) if kinds[n:] == kinds[: count - n])
    return next(fits, count)
