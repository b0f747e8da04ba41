"""Finds parallel-jaw grasps in a view: proposals whose fingers find room, evaluated there."""

from __future__ import annotations

from typing import Any

from dexnet_core.planning.contracts.view_contract import JawCells
from dexnet_core.planning.grasp import Grasp
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.networks.session import JawEvaluator
from dexnet_core.planning.perception.cells import CellGrid
from dexnet_core.planning.perception.height_map import HeightMap, STEP
from dexnet_core.planning.perception.jaw_patch import jaw_context, jaw_patches
from dexnet_core.planning.perception.segment import Observed
from dexnet_core.planning.planners.approach_views import View
from dexnet_core.planning.planners.failed_places import AVOIDED, far_from
from dexnet_core.planning.planners.jaw_placement import (
    fit_fingers,
    heights_around,
    jaw_grasp,
    JawProposals,
    place_fingers,
    PlacedJaws,
    surface_points,
)
from dexnet_core.planning.planners.peaks import local_peaks
from dexnet_core.planning.planners.planner import Found, Stopwatch
from dexnet_core.planning.planners.refusals import LOW_SCORE, NOT_EVALUATED, Refusals
from dexnet_core.planning.planners.scorer import Scorer
from dexnet_core.planning.planners.settings import JawSettings
import numpy as np
from numpy.typing import NDArray

NO_ROOM = 'no room'
"""The filter for fingers and palm."""

_MOST_PROPOSALS = 256
_LEAST_EVALUATED = 32
"""Placed jaws that are evaluated, more where more grasps are asked for."""
_SURE = 0.8
"""Score of an evaluated jaw below which others are looked for."""
_TURNED = 96
"""Proposals that are turned then."""
_TIGHT = (0.5, 0.125)
"""Shares of the clearance that jaws are placed with then, down to what is just wide enough."""
HIDDEN = 0.006
"""Metres that objects are taken to go on where they are hidden, for a jaw of the usual size."""
_LEAST_PROPOSAL = 0.03
"""Quality from which on a cell is worth being evaluated."""


class JawFinder:
    """Finds grasps of one parallel jaw along the optical axis of a view.

    A network proposes where to close, from the whole view; another, where there is one, evaluates
    the jaw where it found room, and its score counts. Where it is sure of none, jaws that are
    turned a little or pass closer are tried as well.

    Attributes:
        cells: What the channels of the proposing network mean.
        gripper: The robot's.
        scale: Size of the gripper over that of the gripper of the networks.
    """

    along_normals = False
    no_room = (
        'no candidate leaves room for fingers and palm with half a clearance of {0.clearance} m'
    )

    def __init__(
        self,
        scorer: Scorer[Any],
        cells: JawCells,
        evaluator: JawEvaluator | None = None,
        gripper: JawGripper | None = None,
    ) -> None:
        self.cells = cells
        self.gripper = gripper or cells.gripper
        self.scale = self.gripper.max_opening / cells.gripper.max_opening
        self._scorer = scorer.scaled(self.scale)
        self._evaluator = evaluator

    @property
    def model(self) -> str:
        """Name and version of the proposing network."""
        return self._scorer.name

    def with_gripper(self, gripper: JawGripper) -> JawFinder:
        """Return a finder for another gripper and the same networks."""
        return JawFinder(self._scorer, self.cells, self._evaluator, gripper)

    def find(self, view: View, settings: JawSettings, refused: Refusals) -> Found:
        """Return the placed jaws that score enough, kept apart, best first; see `Finder`."""
        watch, observed = Stopwatch(), view.observed
        sight = self._scorer.look(observed)
        watch.lap('view')
        cells = self._scorer.score(sight)
        watch.lap('network')
        proposals = self._proposals(observed, cells, sight.grid, settings)
        grasps: tuple[Grasp, ...] = ()
        if len(proposals.scores):
            heights = self.heights(observed, proposals)
            chosen = self._chosen(heights, proposals, view, settings, refused)
            grasps = tuple(
                jaw_grasp(observed.camera, chosen, k, self.gripper)
                for k in range(len(chosen.scores))
            )
        watch.lap('place and evaluate')
        heatmap = sight.grid.heatmap(cells.max(axis=0), observed.objects)
        watch.lap('heat map')
        return Found(grasps, heatmap, watch.times)

    def propose(self, observed: Observed, settings: JawSettings) -> JawProposals:
        """Return what the network proposes on objects of which there are some."""
        sight = self._scorer.look(observed)
        return self._proposals(observed, self._scorer.score(sight), sight.grid, settings)

    def heights(self, observed: Observed, proposals: JawProposals) -> HeightMap:
        """Return what the jaw may meet around proposals, of which there is at least one."""
        return heights_around(observed, proposals.points, self.gripper, self.scale * STEP)

    def place(self, heights: HeightMap, proposals: JawProposals, clearance: float) -> PlacedJaws:
        """Return the jaws that find room, best first as they were proposed."""
        return place_fingers(heights, proposals, self.gripper, clearance)

    def evaluate(
        self, heights: HeightMap, placed: PlacedJaws, down: NDArray[np.floating]
    ) -> NDArray[np.float32]:
        """Return (m,) probabilities that placed jaws hold, of which there is at least one.

        Args:
            heights: What the camera measured, seen along the approach.
            placed: The jaws.
            down: (3,) unit direction of gravity, in the optical frame.
        """
        if self._evaluator is None:
            return placed.scores.astype(np.float32)
        contract = self._evaluator.contract.scaled(self.gripper)
        patches = jaw_patches(heights, placed.places, contract)
        context = jaw_context(placed.places, placed.scores, down, contract)
        return self._evaluator.run(patches, context)

    def _chosen(
        self,
        heights: HeightMap,
        proposals: JawProposals,
        view: View,
        settings: JawSettings,
        refused: Refusals,
    ) -> PlacedJaws:
        """Return the jaws that score enough, kept apart, best first."""
        down = view.down
        most = max(_LEAST_EVALUATED, settings.max_grasps) if self._evaluator else _MOST_PROPOSALS
        careful = heights.with_hidden(self.scale * HIDDEN)
        placed, has_room = fit_fingers(careful, proposals, self.gripper, settings.clearance)
        refused.sift(NO_ROOM, proposals, has_room)
        scored = self._scored(heights, refused.first(NOT_EVALUATED, placed, most), down)
        if not self._is_sure(scored):
            again = self._second_look(heights, careful, proposals, settings)
            others = (self._scored(heights, part.take(slice(most // 2)), down) for part in again)
            scored = PlacedJaws.together([scored, *others]).best_first()
        is_fresh = far_from(scored.middles, view.avoid, settings.avoid_radius)
        fresh = refused.sift(AVOIDED, scored, is_fresh)
        enough = refused.sift(LOW_SCORE, fresh, fresh.scores >= settings.min_score)
        return refused.apart(enough, enough.middles, settings)

    def _is_sure(self, scored: PlacedJaws) -> bool:
        least = _SURE if self._evaluator else 0.0
        return len(scored.scores) > 0 and bool(scored.scores[0] >= least)

    def _second_look(
        self,
        heights: HeightMap,
        careful: HeightMap,
        proposals: JawProposals,
        settings: JawSettings,
    ) -> list[PlacedJaws]:
        """Return jaws placed closer to what they pass and, to be evaluated, turned a little."""
        clearance, half_step = settings.clearance, self.cells.half_step
        if self._evaluator is None:
            return [self.place(heights, proposals, clearance / 2)]
        best = proposals.take(slice(_TURNED))
        turned = (
            self.place(careful, best.turned(by), clearance) for by in (-half_step, half_step)
        )
        tight = (self.place(heights, proposals, share * clearance) for share in _TIGHT)
        return [*tight, *turned]

    def _scored(
        self, heights: HeightMap, placed: PlacedJaws, down: NDArray[np.floating]
    ) -> PlacedJaws:
        """Return placed jaws with the scores of the evaluator, best first."""
        if not len(placed.scores):
            return placed
        return placed._replace(scores=self.evaluate(heights, placed, down)).best_first()

    def _proposals(
        self,
        observed: Observed,
        cells: NDArray[np.float32],
        grid: CellGrid,
        settings: JawSettings,
    ) -> JawProposals:
        """Return the best cells of all channels that no neighbour in their channel exceeds."""
        allowed = grid.on(observed.objects, cells.shape[1:])
        least = _LEAST_PROPOSAL if self._evaluator else settings.min_score
        peaks = local_peaks(cells, allowed, least, _MOST_PROPOSALS)
        pixels = grid.pixels_of_cells(peaks.cells)
        angle, offset = np.divmod(peaks.channels, len(self.cells.offsets))
        return JawProposals(
            surface_points(observed, pixels),
            angle * np.pi / self.cells.angles,
            self.scale * np.asarray(self.cells.offsets)[offset],
            peaks.scores,
        )
