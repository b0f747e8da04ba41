"""The planner of parallel-jaw grasps: the best closing directions whose fingers find room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dexnet_core.contracts.views import JawCells
from dexnet_core.grippers.jaw import JawGripper
from dexnet_core.perception.cells import CellGrid
from dexnet_core.perception.closing_patch import closing_patches
from dexnet_core.perception.height_map import HeightMap, STEP
from dexnet_core.perception.segment import Observed
from dexnet_core.runtime.jaw_placing import (
    Closings,
    heights_around,
    jaw_grasp,
    place_fingers,
    Placed,
    surface_points,
)
from dexnet_core.runtime.peaks import keep_apart, local_peaks
from dexnet_core.runtime.planner import Choice, Planner
from dexnet_core.runtime.scorer import Scorer
from dexnet_core.runtime.session import ClosingSession
from dexnet_core.runtime.settings import JawSettings
import numpy as np
from numpy.typing import NDArray

_MOST_CANDIDATES = 256

_LEAST_JUDGED = 32
"""Placed jaws that are judged, more where more grasps are asked for."""

_SURE = 0.8
"""Score of a judged jaw below which others are looked for."""

_TURNED = 96
"""Candidates that are turned then."""

LEAST_PROPOSAL = 0.03
"""Quality from which on a cell is worth being judged."""


class JawPlanner(Planner[JawSettings]):
    """Plans parallel-jaw grasps along the optical axis.

    A network proposes where to close, from the whole image; another, where there is one, judges
    the jaw where it found room, and its word counts. Where it is sure of none, jaws that are
    turned a little or pass closer are tried as well.

    Attributes:
        settings: How grasps are chosen.
        cells: What the channels of the proposing network mean.
    """

    no_room = (
        'no candidate leaves room for the fingers within an opening of {0.max_opening} m'
        ' and half a clearance of {0.clearance} m'
    )

    def __init__(
        self,
        scorer: Scorer,
        settings: JawSettings,
        cells: JawCells,
        judge: ClosingSession | None = None,
        gripper: JawGripper | None = None,
    ) -> None:
        super().__init__(scorer, settings)
        self.cells = cells
        self.gripper = gripper or cells.gripper
        self.scale = scale_of(self.gripper, cells)
        self._judge = judge

    def with_settings(self, settings: JawSettings) -> JawPlanner:
        """Return a planner with other settings and the same networks."""
        return JawPlanner(self._scorer, settings, self.cells, self._judge, self.gripper)

    def with_gripper(self, gripper: JawGripper) -> JawPlanner:
        """Return a planner for another gripper and the same networks."""
        scorer = self._scorer.scaled(scale_of(gripper, self.cells))
        return JawPlanner(scorer, self.settings, self.cells, self._judge, gripper)

    def choose(self, observed: Observed, cells: NDArray[np.float32], grid: CellGrid) -> Choice:
        """Return the candidates with room for the fingers, kept apart, best first."""
        closings = self.candidates(observed, cells, grid)
        if not len(closings.scores):
            return Choice((), scored=False)
        heights = self.heights(observed, closings)
        placed = self.place(heights, closings, self.settings.clearance)
        most = max(_LEAST_JUDGED, self.settings.max_grasps)
        judged = self._judged(heights, placed, most)
        if not self._is_sure(judged):
            again = self._second_look(heights, closings)
            placed = Placed.together([placed, *again])
            others = (self._judged(heights, part, most // 2) for part in again)
            judged = _best_first([judged, *others])
        kept = keep_apart(judged.middles, self.settings.spacing, self.settings.max_grasps)
        grasps = (jaw_grasp(observed.camera, judged, k, self.gripper) for k in kept)
        all_refused = len(placed.scores) > 0 and not len(judged.scores)
        return Choice(tuple(grasps), scored=not all_refused)

    def _is_sure(self, judged: Placed) -> bool:
        least = _SURE if self._judge else 0.0
        return len(judged.scores) > 0 and bool(judged.scores[0] >= least)

    def _second_look(self, heights: HeightMap, closings: Closings) -> list[Placed]:
        """Return jaws placed closer to what they pass and, to be judged, turned a little."""
        clearance, half_step = self.settings.clearance, self.cells.half_step
        tight = self.place(heights, closings, clearance / 2)
        if self._judge is None:
            return [tight]
        best = closings.take(slice(_TURNED))
        turned = (
            self.place(heights, best.turned(by), clearance) for by in (-half_step, half_step)
        )
        return [tight, *turned]

    def heights(self, observed: Observed, closings: Closings) -> HeightMap:
        """Return what the jaw may meet around closings, of which there is at least one."""
        return heights_around(observed, closings.points, self.gripper, self.scale * STEP)

    def place(self, heights: HeightMap, closings: Closings, clearance: float) -> Placed:
        """Return where fingers and the whole palm find room, opened as far as may be."""
        placed = place_fingers(heights, closings, self.gripper, clearance)
        return placed.take(placed.openings <= self.settings.max_opening)

    def _judged(self, heights: HeightMap, placed: Placed, most: int) -> Placed:
        """Return those of the first placed jaws that score enough, best first."""
        if self._judge is None or not len(placed.scores):
            return placed
        placed = placed.take(slice(most))
        scores = self.evaluate(heights, placed)
        judged = _best_first([placed._replace(scores=scores)])
        return judged.take(judged.scores >= self.settings.min_score)

    def evaluate(self, heights: HeightMap, placed: Placed) -> NDArray[np.float32]:
        """Return (m,) the probabilities that placed jaws hold, of which there is at least one."""
        if self._judge is None:
            return placed.scores.astype(np.float32)
        contract = replace(self._judge.contract.scaled(self.scale), jaw=self.gripper)
        patches = closing_patches(heights, placed.jaws, contract)
        return self._judge.run(patches, placed.scores[:, None].astype(np.float32))

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
        peaks = local_peaks(cells, allowed, least, _MOST_CANDIDATES)
        pixels = grid.pixels_of_cells(peaks.cells)
        angle, offset = np.divmod(peaks.channels, len(self.cells.offsets))
        return Closings(
            pixels,
            surface_points(observed, pixels),
            angle * np.pi / self.cells.angles,
            self.scale * np.asarray(self.cells.offsets)[offset],
            peaks.scores,
        )


def scale_of(gripper: JawGripper, cells: JawCells) -> float:
    """Return the size of a gripper over that of the gripper that a network was made for."""
    return gripper.max_opening / cells.gripper.max_opening


def _best_first(parts: Sequence[Placed]) -> Placed:
    placed = Placed.together(parts)
    return placed.take(np.argsort(-placed.scores, kind='stable'))
