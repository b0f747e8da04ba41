"""Finder of parallel-jaw grasps in a view: proposals, placement of the fingers, evaluation."""

from __future__ import annotations

from typing import Any

from dexnet_core.geometry.array_records import concatenated
from dexnet_core.geometry.spacing import far_from
from dexnet_core.planning.contracts.view_contract import JawCells
from dexnet_core.planning.grasp import Grasp
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.networks.session import JawEvaluator
from dexnet_core.planning.perception.cells import CellGrid
from dexnet_core.planning.perception.height_map import HeightMap, STEP
from dexnet_core.planning.perception.segment import SegmentedImage
from dexnet_core.planning.planners.approach_views import View
from dexnet_core.planning.planners.failed_places import AVOIDED
from dexnet_core.planning.planners.jaw_evaluation import (
    ENOUGH_SCORE,
    evaluate_placed,
    LEAST_PROPOSAL,
)
from dexnet_core.planning.planners.jaw_placement import (
    fit_fingers,
    heights_around,
    HIDDEN,
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
"""Name of the filter of jaws whose fingers or palm have no room."""

_MOST_PROPOSALS = 256
_LEAST_EVALUATED = 32
"""Number of placed jaws that are evaluated; more if max_grasps is greater."""
_TURNED = 96
"""Number of proposals that are rotated then."""
_TIGHT = (0.5, 0.125)
"""Shares of the clearance that jaws are placed with then; the last is just wide enough."""


class JawFinder:
    """Finds grasps of one parallel jaw along the optical axis of a view.

    A network proposes grasps from the whole view, and the fingers are placed where they have room.
    If there is an evaluator, it evaluates the placed jaws, and its score is used. If no score is
    high, jaws that are rotated a little or have less clearance are tried as well.

    Attributes:
        cells: Meaning of the channels of the proposing network.
        gripper: The robot's gripper.
        along_normals: False; grasps are along the optical axis.
        no_room_message: Message if no jaw has room; formatted with the settings.
        scale: Size of the gripper over that of the gripper of the networks.
    """

    along_normals = False
    no_room_message = (
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
        """Return the placed jaws with enough score, kept apart, best first; see `Finder`."""
        watch, segmented = Stopwatch(), view.segmented
        prepared = self._scorer.prepare(segmented)
        watch.lap('view')
        cells = self._scorer.score(prepared)
        watch.lap('network')
        proposals = self._proposals(segmented, cells, prepared.grid, settings)
        grasps: tuple[Grasp, ...] = ()
        if len(proposals.scores):
            heights = self.heights(segmented, proposals)
            chosen = self._chosen(heights, proposals, view, settings, refused)
            grasps = tuple(
                jaw_grasp(segmented.camera, chosen, k, self.gripper)
                for k in range(len(chosen.scores))
            )
        watch.lap('place and evaluate')
        heatmap = prepared.grid.heatmap(cells.max(axis=0), segmented.objects)
        watch.lap('heat map')
        return Found(grasps, heatmap, watch.times)

    def propose(self, segmented: SegmentedImage, settings: JawSettings) -> JawProposals:
        """Return the proposals of the network in a view with at least one object."""
        prepared = self._scorer.prepare(segmented)
        return self._proposals(segmented, self._scorer.score(prepared), prepared.grid, settings)

    def heights(self, segmented: SegmentedImage, proposals: JawProposals) -> HeightMap:
        """Return the height map around at least one proposal."""
        return heights_around(segmented, proposals.points, self.gripper, self.scale * STEP)

    def place(self, heights: HeightMap, proposals: JawProposals, clearance: float) -> PlacedJaws:
        """Return the jaws that have room, in the order of the proposals."""
        return place_fingers(heights, proposals, self.gripper, clearance)

    def evaluate(
        self, heights: HeightMap, placed: PlacedJaws, down: NDArray[np.floating]
    ) -> NDArray[np.float32]:
        """Return (m,) probabilities that the placed jaws hold; there must be at least one jaw.

        Args:
            heights: The measured surfaces along the approach.
            placed: The jaws.
            down: (3,) unit direction of gravity, in the optical frame.
        """
        if self._evaluator is None:
            return placed.scores.astype(np.float32)
        return evaluate_placed(self._evaluator, self.gripper, heights, placed, down)

    def _chosen(
        self,
        heights: HeightMap,
        proposals: JawProposals,
        view: View,
        settings: JawSettings,
        refused: Refusals,
    ) -> PlacedJaws:
        """Return the jaws with enough score, kept apart, best first."""
        down = view.down
        most = max(_LEAST_EVALUATED, settings.max_grasps) if self._evaluator else _MOST_PROPOSALS
        careful = heights.with_hidden(self.scale * HIDDEN)
        placed, has_room = fit_fingers(careful, proposals, self.gripper, settings.clearance)
        refused.keep_passed(NO_ROOM, proposals, has_room)
        scored = self._scored(heights, refused.first(NOT_EVALUATED, placed, most), down)
        if not self._is_sure(scored):
            again = self._more_candidates(heights, careful, proposals, settings)
            others = (self._scored(heights, part.take(slice(most // 2)), down) for part in again)
            scored = concatenated([scored, *others]).best_first()
        is_fresh = far_from(scored.middles, view.avoid, settings.avoid_radius)
        fresh = refused.keep_passed(AVOIDED, scored, is_fresh)
        enough = refused.keep_passed(LOW_SCORE, fresh, fresh.scores >= settings.min_score)
        return refused.apart(enough, enough.middles, settings)

    def _is_sure(self, scored: PlacedJaws) -> bool:
        least = ENOUGH_SCORE if self._evaluator else 0.0
        return len(scored.scores) > 0 and bool(scored.scores[0] >= least)

    def _more_candidates(
        self,
        heights: HeightMap,
        careful: HeightMap,
        proposals: JawProposals,
        settings: JawSettings,
    ) -> list[PlacedJaws]:
        """Return jaws with less clearance and, with an evaluator, jaws rotated a little."""
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
        segmented: SegmentedImage,
        cells: NDArray[np.float32],
        grid: CellGrid,
        settings: JawSettings,
    ) -> JawProposals:
        """Return the best local maxima of all channels."""
        allowed = grid.on(segmented.objects, cells.shape[1:])
        least = LEAST_PROPOSAL if self._evaluator else settings.min_score
        peaks = local_peaks(cells, allowed, least, _MOST_PROPOSALS)
        pixels = grid.pixels_of_cells(peaks.cells)
        angle, offset = np.divmod(peaks.channels, len(self.cells.offsets))
        return JawProposals(
            surface_points(segmented, pixels),
            angle * np.pi / self.cells.angles,
            self.scale * np.asarray(self.cells.offsets)[offset],
            peaks.scores,
        )
