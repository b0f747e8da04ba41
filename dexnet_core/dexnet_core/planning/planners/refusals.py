"""Which candidates the filters of a planner refused: how many, and where if that is asked for."""

from __future__ import annotations

from collections import Counter
from typing import Protocol, TypeVar

from dexnet_core.planning.grasp import joined_places, RefusedPlaces
from dexnet_core.planning.planners.failed_places import far_from
from dexnet_core.planning.planners.peaks import keep_apart
from dexnet_core.planning.planners.settings import PlannerSettings
import numpy as np
from numpy.typing import NDArray

LOW_SCORE, NOT_EVALUATED = 'low score', 'not evaluated'
REPEATED, NOT_ASKED = 'near a better one', 'beyond max_grasps'
"""Filters of several planners."""


class Candidates(Protocol):
    """n places to grasp at, such as a filter takes them."""

    @property
    def surface(self) -> NDArray[np.floating]:
        """(n, 3) metres, where they are on the surface of the object."""

    @property
    def scores(self) -> NDArray[np.floating]:
        """(n,) how good they are, as far as it is known."""

    def take(self: Some, which: NDArray[np.bool_]) -> Some:
        """Return those where (n,) which is True."""


Some = TypeVar('Some', bound=Candidates)


class Refusals:
    """What the filters of one planner refused in one frame.

    Attributes:
        counts: Candidates by the name of the filter.
    """

    def __init__(self, keeps_places: bool = False) -> None:
        self.counts: Counter[str] = Counter()
        self._keeps_places = keeps_places
        self._parts: list[RefusedPlaces] = []

    @property
    def places(self) -> RefusedPlaces:
        """Where the candidates are; none unless places are kept."""
        return joined_places(self._parts)

    def sift(self, reason: str, candidates: Some, passed: NDArray[np.bool_]) -> Some:
        """Return the candidates that passed a filter, and note the others.

        Args:
            reason: Name of the filter.
            candidates: n of them.
            passed: (n,) which passed.
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

    def first(self, reason: str, candidates: Some, most: int) -> Some:
        """Return the first candidates, and note those that are beyond `most`."""
        return self.sift(reason, candidates, np.arange(len(candidates.scores)) < most)

    def apart(
        self, candidates: Some, positions: NDArray[np.floating], settings: PlannerSettings
    ) -> Some:
        """Return the candidates that are asked for: apart from each other, first come first kept.

        Args:
            candidates: n of them, best first.
            positions: (n, 3) metres between which distances are taken.
            settings: The least distance, and how many are asked for.
        """
        kept = keep_apart(np.asarray(positions, float), settings.spacing, settings.max_grasps)
        apart = far_from(positions, positions[kept], settings.spacing)
        apart[kept] = True
        candidates = self.sift(REPEATED, candidates, apart)
        return self.sift(NOT_ASKED, candidates, np.isin(np.flatnonzero(apart), kept))

    def add(self, others: Refusals, T_frame_others: NDArray[np.float64]) -> None:
        """Add what was refused in another frame."""
        self.counts.update(others.counts)
        self._parts += [part.moved(T_frame_others) for part in others._parts]
