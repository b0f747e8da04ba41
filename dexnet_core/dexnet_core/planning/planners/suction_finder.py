"""Finder of suction grasps in a view, scored for an approach along the surface normal."""

from __future__ import annotations

from typing import Any

from dexnet_core.geometry.array_records import concatenated
from dexnet_core.geometry.camera import project
from dexnet_core.geometry.spacing import far_from
from dexnet_core.geometry.transform import pose_along
from dexnet_core.planning.grasp import Grasp, GripperKind
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.networks.mirrors import best_over_mirrors
from dexnet_core.planning.networks.session import CupEvaluator
from dexnet_core.planning.perception.cup_patch import cup_context, cup_patches
from dexnet_core.planning.perception.patch import has_clearance
from dexnet_core.planning.perception.segment import SegmentedImage
from dexnet_core.planning.planners.approach_views import View
from dexnet_core.planning.planners.cup_candidates import CupCandidates, CupMap
from dexnet_core.planning.planners.failed_places import AVOIDED
from dexnet_core.planning.planners.planner import Found, Stopwatch
from dexnet_core.planning.planners.refusals import LOW_SCORE, Refusals
from dexnet_core.planning.planners.scorer import Scorer
from dexnet_core.planning.planners.settings import SuctionSettings
import numpy as np
from numpy.typing import NDArray

STEEP, NOT_FLAT, NO_ROOM = 'steep', 'not flat', 'no room'
NOT_SEEN = 'off the object or not measured'
"""Names of the filters of candidates."""

_NOISE_FACTOR = 1.2
"""A residual up to this many times the camera's noise counts as flat, without an evaluator."""


class SuctionFinder:
    """Finds grasps of one suction cup.

    A network predicts the quality at all cells of a view. The candidates are contacts at the best
    cells. If there is an evaluator, it evaluates them along the normals of the surface, and its
    score is used.

    Attributes:
        gripper: The robot's cup.
        along_normals: True; grasps approach along surface normals, for any axis of the view.
        no_room_message: Message if no candidate fits the cup; formatted with the settings.
    """

    along_normals = True
    no_room_message = (
        'no contact is well measured, within {0.max_tilt} rad of the approach and free'
    )

    def __init__(
        self, scorer: Scorer[Any], gripper: SuctionCup, evaluator: CupEvaluator | None = None
    ) -> None:
        self.gripper = gripper
        self._scorer = scorer
        self._evaluator = evaluator

    @property
    def model(self) -> str:
        """Name and version of the proposing network."""
        return self._scorer.name

    def with_gripper(self, gripper: SuctionCup) -> SuctionFinder:
        """Return a finder for another cup and the same networks."""
        return SuctionFinder(self._scorer, gripper, self._evaluator)

    def find(self, view: View, settings: SuctionSettings, refused: Refusals) -> Found:
        """Return grasps with enough score, at least `spacing` apart, best first; see `Finder`."""
        watch, segmented = Stopwatch(), view.segmented
        prepared = self._scorer.prepare(segmented)
        watch.lap('view')
        cells = self._scorer.score(prepared)
        watch.lap('network')
        cup_map = CupMap(segmented, cells, prepared.grid, self.gripper.radius)
        candidates = self._candidates(cup_map, view, settings, refused)
        chosen = self._chosen(candidates, settings, refused)
        radius, count = self.gripper.radius, len(chosen.scores)
        grasps = tuple(suction_grasp(chosen, k, radius) for k in range(count))
        watch.lap('check and evaluate')
        heatmap = prepared.grid.heatmap(cells.max(axis=0), segmented.objects)
        watch.lap('heat map')
        return Found(grasps, heatmap, watch.times)

    def consider(self, segmented: SegmentedImage, down: NDArray[np.floating]) -> CupCandidates:
        """Return evaluated candidates for training trials: as `find`, without filters.

        There must be at least one object.

        Args:
            segmented: The depth image.
            down: (3,) unit direction of gravity, in the optical frame.
        """
        prepared = self._scorer.prepare(segmented)
        cup_map = CupMap(
            segmented, self._scorer.score(prepared), prepared.grid, self.gripper.radius
        )
        candidates = self.evaluate(segmented, cup_map.everywhere(), down)
        return concatenated(
            [candidates, self.evaluate(segmented, cup_map.around(candidates), down)]
        )

    def proposal_quality_at(
        self, segmented: SegmentedImage, points: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """Return (n,) quality in [0, 1] of the proposing network at visible points (n, 3)."""
        prepared = self._scorer.prepare(segmented)
        cells = self._scorer.score(prepared)
        at = np.rint(prepared.grid.cells_of_pixels(project(points, segmented.camera))).astype(int)
        column, row = at.clip(0, np.array(cells.shape[:0:-1]) - 1).T
        quality: NDArray[np.float64] = cells[0][row, column].astype(float)
        return quality

    def evaluate(
        self, segmented: SegmentedImage, candidates: CupCandidates, down: NDArray[np.floating]
    ) -> CupCandidates:
        """Return candidates whose scores are the probabilities that a cup holds there.

        Without an evaluator, they keep the quality of the proposing network.

        Args:
            segmented: The depth image.
            candidates: Contacts of the cup.
            down: (3,) unit direction of gravity, in the optical frame.
        """
        if self._evaluator is None or not len(candidates.scores):
            return candidates
        contract, contacts = self._evaluator.contract.scaled(self.gripper), candidates.contacts
        patches = cup_patches(segmented, contacts, contract)
        context = cup_context(contacts, down, contract)
        scores = best_over_mirrors(self._evaluator.run, patches, context, contract.context)
        return candidates._replace(scores=scores.astype(float))

    def _candidates(
        self, cup_map: CupMap, view: View, settings: SuctionSettings, refused: Refusals
    ) -> CupCandidates:
        """Return the candidates that pass the filters, evaluated."""
        if self._evaluator is None:
            passed = self._filter(cup_map.peaks(settings.min_score), view, settings, refused)
            least = settings.max_residual
            flat = np.clip(_NOISE_FACTOR * cup_map.noise, least, 2 * least)
            return refused.keep_passed(NOT_FLAT, passed, passed.patches.residual <= flat)
        first = self._filter_and_evaluate(cup_map.everywhere(), view, settings, refused)
        others = self._filter_and_evaluate(cup_map.around(first), view, settings, refused)
        return concatenated([first, others])

    def _filter_and_evaluate(
        self, candidates: CupCandidates, view: View, settings: SuctionSettings, refused: Refusals
    ) -> CupCandidates:
        """Return the candidates among these that pass the filters, evaluated."""
        passed = self._filter(candidates, view, settings, refused)
        return self.evaluate(view.segmented, passed, view.down)

    def _filter(
        self, candidates: CupCandidates, view: View, settings: SuctionSettings, refused: Refusals
    ) -> CupCandidates:
        """Return the candidates that pass the filters.

        The reason of a refused candidate is the first filter that it does not pass, in the order
        of `checks`.
        """
        patches = candidates.patches
        free = has_clearance(view.segmented, patches, self.gripper.body_radius, settings.clearance)
        checks = {
            NOT_SEEN: patches.coverage >= settings.min_coverage,
            STEEP: -patches.normal @ view.main_direction >= np.cos(settings.max_tilt),
            NO_ROOM: free,
            AVOIDED: far_from(patches.centre, view.avoid, settings.avoid_radius),
        }
        passed = np.ones(len(patches.residual), bool)
        for name, good in checks.items():
            candidates = refused.keep_passed(name, candidates, good[passed])
            passed &= good
        return candidates

    def _chosen(
        self, candidates: CupCandidates, settings: SuctionSettings, refused: Refusals
    ) -> CupCandidates:
        """Return the candidates with enough score, at least `spacing` apart, best first."""
        best_first = candidates.take(np.argsort(-candidates.scores, kind='stable'))
        has_enough = best_first.scores >= settings.min_score
        enough = refused.keep_passed(LOW_SCORE, best_first, has_enough)
        return refused.apart(enough, enough.surface, settings)


def suction_grasp(candidates: CupCandidates, k: int, radius: float) -> Grasp:
    """Return the grasp with a cup of a radius at candidate k."""
    centre, normal = candidates.patches.centre[k], candidates.patches.normal[k]
    u, v = candidates.pixels[k]
    return Grasp(
        gripper=GripperKind.SUCTION,
        T_camera_grasp=pose_along(centre, -normal),
        score=float(candidates.scores[k]),
        pixel=(float(u), float(v)),
        contacts=centre[None],
        normals=normal[None],
        cup_radius=radius,
    )
