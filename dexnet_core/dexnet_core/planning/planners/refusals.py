"""Record of the candidates that a planner's filters refused: their numbers and optional places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Protocol, TypeVar

from dexnet_core.geometry.spacing import far_from
from dexnet_core.planning.grasp import joined_places, RefusedPlaces
from dexnet_core.planning.planners.failed_places import AVOIDED
from dexnet_core.planning.planners.peaks import keep_apart
from dexnet_core.planning.planners.settings import PlannerSettings
import numpy as np
from numpy.typing import NDArray

LOW_SCORE, NOT_EVALUATED = 'low score', 'not evaluated'
REPEATED, BEYOND_MOST = 'near a better one', 'beyond max_grasps'
"""Names of the filters of several planners."""


class Candidates(Protocol):
    """n grasp candidates, the input of a filter."""

    @property
    def surface(self) -> NDArray[np.floating]:
        """(n, 3) metres, their points on the surface of the object."""

    @property
    def scores(self) -> NDArray[np.floating]:
        """(n,) scores so far."""

    def take(self: AnyCandidates, which: NDArray[np.bool_]) -> AnyCandidates:
        """Return the candidates where (n,) which is True."""


AnyCandidates = TypeVar('AnyCandidates', bound=Candidates)


class Refusals:
    """The candidates that the filters of one planner refused, in one frame.

    Attributes:
        counts: Number of candidates by the name of the filter.
    """

    def __init__(self, keeps_places: bool = False) -> None:
        self.counts: Counter[str] = Counter()
        self._keeps_places = keeps_places
        self._parts: list[RefusedPlaces] = []

    @property
    def places(self) -> RefusedPlaces:
        """Places of the candidates; empty unless places are recorded."""
        return joined_places(self._parts)

    def keep_passed(
        self, reason: str, candidates: AnyCandidates, passed: NDArray[np.bool_]
    ) -> AnyCandidates:
        """Return the candidates that passed a filter, and record the others.

        Args:
            reason: Name of the filter.
            candidates: n candidates.
            passed: (n,) True if a candidate passed.
        """
        failed = np.flatnonzero(~passed)
        self.counts[reason] += len(failed)
        if not len(failed):
            return candidates
        if self._keeps_places:
            points = candidates.surface[failed].astype(np.float32)
            scores = candidates.scores[failed].astype(np.float32)
            self._parts.append(RefusedPlaces(points, np.full(len(failed), reason), scores))
        return candidates.take(passed)

    def first(self, reason: str, candidates: AnyCandidates, most: int) -> AnyCandidates:
        """Return the first `most` candidates, and record the others."""
        return self.keep_passed(reason, candidates, np.arange(len(candidates.scores)) < most)

    def apart(
        self, candidates: AnyCandidates, positions: NDArray[np.floating], settings: PlannerSettings
    ) -> AnyCandidates:
        """Return at most max_grasps candidates, none near a better one, and record the others.

        Args:
            candidates: n candidates, best first.
            positions: (n, 3) metres, positions for the distances.
            settings: Settings with the minimum distance `spacing` and with `max_grasps`.
        """
        kept = keep_apart(np.asarray(positions, float), settings.spacing, settings.max_grasps)
        apart = far_from(positions, positions[kept], settings.spacing)
        apart[kept] = True
        candidates = self.keep_passed(REPEATED, candidates, apart)
        return self.keep_passed(BEYOND_MOST, candidates, np.isin(np.flatnonzero(apart), kept))

    def add(self, others: Refusals, T_frame_others: NDArray[np.float64]) -> None:
        """Add the candidates that were refused in another frame."""
        self.counts.update(others.counts)
        self._parts += [part.moved(T_frame_others) for part in others._parts]


def refusal_message(
    counts: Mapping[str, int], settings: PlannerSettings, no_room_message: str
) -> str:
    """Return the message of a plan whose candidates were all refused before their score counted.

    Args:
        counts: Number of candidates by the name of the filter.
        settings: Settings of the planner.
        no_room_message: Message if no candidate fits the gripper.
    """
    tried = {name: count for name, count in counts.items() if name != NOT_EVALUATED}
    avoided, total = tried.get(AVOIDED, 0), sum(tried.values())
    if not avoided:
        return no_room_message
    near = f'within avoid_radius {settings.avoid_radius} m of a failed grasp'
    if avoided < max(tried.values()):
        return f'{no_room_message}; {avoided} more candidates are {near}'
    share = 'all' if avoided == total else f'{avoided} of'
    return f'{share} {total} candidates are {near}'
