"""How planning on a stream has gone lately."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from dexnet_core.planning.grasp import GraspPlan, PlanStatus
import numpy as np

WINDOW_S = 10.0
"""Seconds that rates and times are told of."""
_MOST_ROWS = 1000
_MOST_AGE_MS = 3.6e6
"""Of an image of a camera; a recording is played with the stamps that it was made with."""


class _Row(NamedTuple):
    """One answer: when, and the milliseconds from input to answer and from image to answer."""

    at: float
    planning_ms: float
    age_ms: float


class PlanningRecord:
    """The answers of the last seconds, and the last failure.

    Attributes:
        failures_in_a_row: Inputs that could not be used since the last that could.
        last_error: What was said of the last one that could not; empty where there was none.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._rows: deque[_Row] = deque(maxlen=_MOST_ROWS)
        self.failures_in_a_row = 0
        self.last_error = ''

    def note(self, plan: GraspPlan, at: float, planning_ms: float, age_ms: float) -> None:
        """Take note of an answer.

        Args:
            plan: What was answered; only one of BAD_INPUT is a failure.
            at: When, by time.monotonic.
            planning_ms: From the arrival of the input to the answer.
            age_ms: From the stamp of the input to the answer.
        """
        self._rows.append(_Row(at, planning_ms, age_ms))
        if plan.status == PlanStatus.BAD_INPUT:
            self.failures_in_a_row += 1
            self.last_error = plan.message
        else:
            self.failures_in_a_row = 0

    def figures(self, now: float) -> dict[str, float]:
        """Return the names and values of what is known of the last ten seconds.

        The rate is there without any answer; times are not. Ages of over an hour do not count.
        """
        while self._rows and self._rows[0].at < now - WINDOW_S:
            self._rows.popleft()
        known = {'answers per second': len(self._rows) / WINDOW_S}
        if not self._rows:
            return known
        _, planning, ages = np.array(self._rows).T
        live = ages[np.abs(ages) < _MOST_AGE_MS]
        for name, times in (('planning', planning), ('image age when answered', live)):
            if not times.size:
                continue
            known[f'{name} ms, median'] = np.median(times)
            known[f'{name} ms, 95 %'] = np.percentile(times, 95)
        return {name: float(value) for name, value in known.items()}
