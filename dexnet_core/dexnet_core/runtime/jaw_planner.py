"""The planner of parallel-jaw grasps: the best closing directions whose fingers find room."""

from __future__ import annotations

from dataclasses import replace

from dexnet_core.contracts.views import JawCells
from dexnet_core.perception.cells import CellGrid
from dexnet_core.perception.closing_patch import closing_patches
from dexnet_core.perception.height_map import HeightMap
from dexnet_core.perception.segment import Observed
from dexnet_core.runtime.jaw_placing import (
    Closings,
    heights_around,
    jaw_grasp,
    place_fingers,
    Placed,
    surface_points,
)
from dexnet_core.runtime.peaks import keep_apart, layer_peaks
from dexnet_core.runtime.planner import Choice, Planner
from dexnet_core.runtime.scorer import Scorer
from dexnet_core.runtime.session import ClosingSession
from dexnet_core.runtime.settings import JawSettings
import numpy as np
from numpy.typing import NDArray

_MOST_CANDIDATES = 256

_LEAST_JUDGED = 32
"""Placed jaws that are judged, more where more grasps are asked for."""

LEAST_PROPOSAL = 0.03
"""Quality from which on a cell is worth being judged."""


class JawPlanner(Planner[JawSettings]):
    """Plans parallel-jaw grasps along the optical axis.

    A network proposes where to close, from the whole image; another, where there is one, judges
    the jaw where it found room, and its word counts.

    Attributes:
        settings: How grasps are chosen.
        cells: What the channels of the proposing network mean.
    """

    no_room = (
        'no candidate leaves room for the fingers within an opening of {0.max_opening} m'
        ' and a clearance of {0.clearance} m'
    )

    def __init__(
        self,
        scorer: Scorer,
        settings: JawSettings,
        cells: JawCells,
        judge: ClosingSession | None = None,
    ) -> None:
        super().__init__(scorer, settings)
        self.cells = cells
        self._judge = judge

    def with_settings(self, settings: JawSettings) -> JawPlanner:
        """Return a planner with other settings and the same networks."""
        return JawPlanner(self._scorer, settings, self.cells, self._judge)

    def choose(self, observed: Observed, cells: NDArray[np.float32], grid: CellGrid) -> Choice:
        """Return the candidates with room for the fingers, kept apart, best first."""
        closings = self.candidates(observed, cells, grid)
        if not len(closings.scores):
            return Choice((), scored=False)
        gripper = self.cells.gripper
        opening = min(self.settings.max_opening, gripper.max_opening)
        gripper = replace(gripper, max_opening=opening)
        heights = heights_around(observed, closings.points, gripper)
        for clearance in (self.settings.clearance, self.settings.clearance / 2):
            placed = place_fingers(heights, closings, gripper, clearance)
            if len(placed.index):
                break
        judged = self._judged(heights, closings, placed)
        kept = keep_apart(judged.middles, self.settings.spacing, self.settings.max_grasps)
        grasps = (
            jaw_grasp(observed.camera, closings, judged, k, (gripper, clearance)) for k in kept
        )
        all_refused = len(placed.index) > 0 and not len(judged.index)
        return Choice(tuple(grasps), scored=not all_refused)

    def _judged(self, heights: HeightMap, closings: Closings, placed: Placed) -> Placed:
        """Return the placed jaws that score enough, best first."""
        if self._judge is None or not len(placed.index):
            return placed
        placed = placed.take(slice(max(_LEAST_JUDGED, self.settings.max_grasps)))
        patches = closing_patches(heights, placed.jaws(closings), self._judge.contract)
        scores = self._judge.run(patches, placed.scores[:, None].astype(np.float32))
        best = np.argsort(-scores, kind='stable')
        best = best[scores[best] >= self.settings.min_score]
        return placed._replace(scores=scores).take(best)

    def propose(self, observed: Observed) -> Closings:
        """Return what the proposing network finds on objects of which there are some."""
        sight = self._scorer.look(observed)
        return self.candidates(observed, self._scorer.score(sight), sight.grid)

    def candidates(
        self, observed: Observed, cells: NDArray[np.float32], grid: CellGrid
    ) -> Closings:
        """Return the best cells of all channels that no neighbour in their channel exceeds."""
        allowed = grid.on(observed.objects, cells.shape[1:])
        least = LEAST_PROPOSAL if self._judge else self.settings.min_score
        peaks = layer_peaks(cells, allowed, least, _MOST_CANDIDATES)
        pixels = grid.pixels_of_cells(peaks.cells)
        angle, offset = np.divmod(peaks.channels, len(self.cells.offsets))
        return Closings(
            pixels,
            surface_points(observed, pixels),
            angle * np.pi / self.cells.angles,
            np.asarray(self.cells.offsets)[offset],
            peaks.scores,
        )
