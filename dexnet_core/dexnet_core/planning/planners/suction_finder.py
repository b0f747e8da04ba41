"""Finder of suction grasps in a view: places all over the objects, evaluated on their normals."""

from __future__ import annotations

from typing import Any

from dexnet_core.geometry.camera import project
from dexnet_core.geometry.transform import pose_along
from dexnet_core.planning.grasp import Grasp, GripperKind
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.networks.session import CupEvaluator
from dexnet_core.planning.perception.cup_patch import cup_context, cup_patches
from dexnet_core.planning.perception.patch import camera_noise, has_clearance
from dexnet_core.planning.perception.segment import Observed
from dexnet_core.planning.planners.approach_views import View
from dexnet_core.planning.planners.cup_places import CupMap, CupPlaces
from dexnet_core.planning.planners.failed_places import AVOIDED, far_from
from dexnet_core.planning.planners.planner import Found, Stopwatch
from dexnet_core.planning.planners.refusals import LOW_SCORE, Refusals
from dexnet_core.planning.planners.scorer import Scorer
from dexnet_core.planning.planners.settings import SuctionSettings
import numpy as np
from numpy.typing import NDArray

STEEP, NOT_FLAT, NOT_SEEN, NO_ROOM = 'steep', 'not flat', 'not seen', 'no room'
"""Names of the filters of contacts."""

_OVER_NOISE = 1.2
"""Maximum residual of a flat surface over the camera's noise, without an evaluator."""


class SuctionFinder:
    """Finds grasps of one suction cup.

    A network predicts the quality of all places. If there is an evaluator, it evaluates the best
    places along the normals of the surface, and its score is used.

    Attributes:
        gripper: The robot's cup.
    """

    along_normals = True
    no_room = 'no contact is well measured, within {0.max_tilt} rad of the approach and free'

    def __init__(
        self, scorer: Scorer[Any], gripper: SuctionCup, evaluator: CupEvaluator | None = None
    ) -> None:
        self.gripper = gripper
        self._scorer = scorer
        self._evaluator = evaluator

    @property
    def model(self) -> str:
        """Name and version of the network."""
        return self._scorer.name

    def with_gripper(self, gripper: SuctionCup) -> SuctionFinder:
        """Return a finder for another cup and the same networks."""
        return SuctionFinder(self._scorer, gripper, self._evaluator)

    def find(self, view: View, settings: SuctionSettings, refused: Refusals) -> Found:
        """Return the contacts with enough score, kept apart, best first; see `Finder`."""
        watch, observed = Stopwatch(), view.observed
        prepared = self._scorer.prepare(observed)
        watch.lap('view')
        cells = self._scorer.score(prepared)
        watch.lap('network')
        cup_map = CupMap(observed, cells, prepared.grid, self.gripper.radius)
        places = self._places(cup_map, view, settings, refused)
        watch.lap('check and evaluate')
        chosen = self._chosen(places, settings, refused)
        grasps = (suction_grasp(chosen, k, self.gripper.radius) for k in range(len(chosen.scores)))
        heatmap = prepared.grid.heatmap(cells.max(axis=0), observed.objects)
        watch.lap('heat map')
        return Found(tuple(grasps), heatmap, watch.times)

    def consider(self, observed: Observed, down: NDArray[np.floating]) -> CupPlaces:
        """Return evaluated places all over the objects; there must be at least one object.

        Args:
            observed: The depth image.
            down: (3,) unit direction of gravity, in the optical frame.
        """
        prepared = self._scorer.prepare(observed)
        cup_map = CupMap(
            observed, self._scorer.score(prepared), prepared.grid, self.gripper.radius
        )
        places = self.evaluate(observed, cup_map.everywhere(), down)
        return places.joined(self.evaluate(observed, cup_map.around(places), down))

    def proposed(self, observed: Observed, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return (n,) quality in [0, 1] of the proposing network at visible points (n, 3)."""
        prepared = self._scorer.prepare(observed)
        cells = self._scorer.score(prepared)
        at = np.rint(prepared.grid.cells_of_pixels(project(points, observed.camera))).astype(int)
        column, row = at.clip(0, np.array(cells.shape[:0:-1]) - 1).T
        quality: NDArray[np.float64] = cells[0][row, column].astype(float)
        return quality

    def evaluate(
        self, observed: Observed, places: CupPlaces, down: NDArray[np.floating]
    ) -> CupPlaces:
        """Return places with the probabilities that a cup holds there as their scores.

        Args:
            observed: The depth image.
            places: Places of the cup.
            down: (3,) unit direction of gravity, in the optical frame.
        """
        if self._evaluator is None or not len(places.scores):
            return places
        contract, contacts = self._evaluator.contract.scaled(self.gripper), places.contacts
        patches = cup_patches(observed, contacts, contract)
        scores = self._evaluator.run(patches, cup_context(contacts, down, contract))
        return places._replace(scores=scores.astype(float))

    def _places(
        self, cup_map: CupMap, view: View, settings: SuctionSettings, refused: Refusals
    ) -> CupPlaces:
        """Return the places that pass the filters, evaluated."""
        if self._evaluator is None:
            return self._acceptable(cup_map.peaks(settings.min_score), view, settings, refused)
        places = self._filtered(cup_map.everywhere(), view, settings, refused)
        return places.joined(self._filtered(cup_map.around(places), view, settings, refused))

    def _filtered(
        self, places: CupPlaces, view: View, settings: SuctionSettings, refused: Refusals
    ) -> CupPlaces:
        """Return the places among these that pass the filters, evaluated."""
        places = self._acceptable(places, view, settings, refused)
        return self.evaluate(view.observed, places, view.down)

    def _acceptable(
        self, places: CupPlaces, view: View, settings: SuctionSettings, refused: Refusals
    ) -> CupPlaces:
        """Return the places that pass the filters."""
        patches = places.patches
        free = has_clearance(view.observed, patches, self.gripper.body_radius, settings.clearance)
        checks = {
            NOT_SEEN: patches.coverage >= settings.min_coverage,
            STEEP: -patches.normal @ view.main >= np.cos(settings.max_tilt),
            NO_ROOM: free,
            AVOIDED: far_from(patches.centre, view.avoid, settings.avoid_radius),
        }
        if self._evaluator is None:
            noise = camera_noise(view.observed, self.gripper.radius)
            flat = np.clip(_OVER_NOISE * noise, settings.max_residual, 2 * settings.max_residual)
            checks[NOT_FLAT] = patches.residual <= flat
        passed = np.ones(len(patches.residual), bool)
        for name, good in checks.items():
            places = refused.sift(name, places, good[passed])
            passed &= good
        return places

    def _chosen(
        self, places: CupPlaces, settings: SuctionSettings, refused: Refusals
    ) -> CupPlaces:
        """Return the places with enough score, kept apart, best first."""
        places = places.take(np.argsort(-places.scores, kind='stable'))
        enough = refused.sift(LOW_SCORE, places, places.scores >= settings.min_score)
        return refused.apart(enough, enough.surface, settings)


def suction_grasp(places: CupPlaces, k: int, radius: float) -> Grasp:
    """Return the grasp with a cup of a radius at place k."""
    centre, normal = places.patches.centre[k], places.patches.normal[k]
    u, v = places.pixels[k]
    return Grasp(
        gripper=GripperKind.SUCTION,
        T_camera_grasp=pose_along(centre, -normal),
        score=float(places.scores[k]),
        pixel=(float(u), float(v)),
        contacts=centre[None],
        normals=normal[None],
        cup_radius=radius,
    )
