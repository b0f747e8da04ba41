"""Statistics of the recent plans on a stream."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from dexnet_core.planning.grasp import GraspPlan, PlanStatus
import numpy as np

WINDOW_S = 10.0
"""Seconds of the window of rates and times."""
_MOST_ROWS = 1000
_MOST_AGE_MS = 3.6e6
"""Largest age of a live image; images of a replayed bag have the stamps of the recording."""


class _Row(NamedTuple):
    """One answer: its time, and milliseconds since the arrival and the stamp of the input."""

    at: float
    planning_ms: float
    age_ms: float


class PlanningRecord:
    """The answers of the last seconds, and the last failure.

    Attributes:
        failures_in_a_row: Number of unusable inputs since the last usable one.
        last_error: Message of the last unusable input; empty if there was none.
    """

    def __init__(self) -> None:
        """Start without answers."""
        self._rows: deque[_Row] = deque(maxlen=_MOST_ROWS)
        self.failures_in_a_row = 0
        self.last_error = ''

    def note(self, plan: GraspPlan, at: float, planning_ms: float, age_ms: float) -> None:
        """Record an answer.

        Args:
            plan: Published plan; only BAD_INPUT is a failure.
            at: Time of the answer, by time.monotonic.
            planning_ms: Milliseconds from the arrival of the input to the answer.
            age_ms: Milliseconds from the stamp of the input to the answer.
        """
        self._rows.append(_Row(at, planning_ms, age_ms))
        if plan.status == PlanStatus.BAD_INPUT:
            self.failures_in_a_row += 1
            self.last_error = plan.message
        else:
            self.failures_in_a_row = 0

    def figures(self, now: float) -> dict[str, float]:
        """Return the statistics of the last ten seconds by name.

        Without answers, only the rate is returned. Ages of over an hour are ignored.
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
