"""Finds suction grasps in a view: places all over the objects, evaluated along their normals."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from dexnet_core.geometry.transform import frames_along, pose_along
from dexnet_core.grasp import Grasp, Gripper
from dexnet_core.grippers.cup import SuctionCup
from dexnet_core.perception.cells import CellGrid
from dexnet_core.perception.cup_patch import cup_context, cup_patches, CupContacts
from dexnet_core.perception.patch import camera_noise, fit_patches, has_clearance, Patches
from dexnet_core.perception.segment import Observed
from dexnet_core.runtime.failures import AVOIDED, far_from
from dexnet_core.runtime.peaks import best_of_blocks, keep_apart, local_peaks
from dexnet_core.runtime.planner import Found, LOW_SCORE, REPEATED, Stopwatch
from dexnet_core.runtime.scorer import Scorer
from dexnet_core.runtime.session import CupEvaluator
from dexnet_core.runtime.settings import SuctionSettings
from dexnet_core.runtime.view import View
import numpy as np
from numpy.typing import NDArray

STEEP, NOT_FLAT, NOT_SEEN, NO_ROOM = 'steep', 'not flat', 'not seen', 'no room'
"""The filters of contacts."""

_MOST_PEAKS = 96
_MOST_PLACES = 160
"""Contacts that are looked at, peaks among them."""
_BLOCK = 0.010
"""Metres of a square of which only the best place is looked at, for the usual cup."""
_OVER_NOISE = 1.2
"""Times the camera's noise that a flat surface's residual may be, without an evaluator."""


class CupProposals(NamedTuple):
    """n places for a cup in a view.

    Attributes:
        pixels: (n, 2) u and v.
        patches: The surface there.
        scores: (n,) in [0, 1].
    """

    pixels: NDArray[np.float64]
    patches: Patches
    scores: NDArray[np.float64]

    @property
    def contacts(self) -> CupContacts:
        """The same places as grasp frames."""
        poses = np.tile(np.eye(4), (len(self.scores), 1, 1))
        poses[:, :3, :3] = frames_along(-self.patches.normal)
        poses[:, :3, 3] = self.patches.centre
        return CupContacts(poses, self.scores)

    def take(self, which: NDArray[np.generic]) -> CupProposals:
        """Return some of them."""
        patches = Patches(*(values[which] for values in self.patches))
        return CupProposals(self.pixels[which], patches, self.scores[which])


class SuctionFinder:
    """Finds grasps of one suction cup.

    A network tells a quality for all places; another, where there is one, evaluates the best of
    them along the normals of the surface, and its score counts.

    Attributes:
        gripper: The robot's cup.
    """

    no_room = 'no place is seen well enough, within {0.max_tilt} rad of the approach and free'

    def __init__(
        self, scorer: Scorer, gripper: SuctionCup, evaluator: CupEvaluator | None = None
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

    def find(self, view: View, settings: SuctionSettings) -> Found:
        """Return the contacts that score enough, kept apart, best first."""
        watch, refused = Stopwatch(), Counter()
        observed = view.observed
        sight = self._scorer.look(observed)
        watch.lap('view')
        cells = self._scorer.score(sight)
        watch.lap('network')
        if self._evaluator is None:
            at = self._peaks(observed, cells, sight.grid, settings.min_score)
        else:
            at = self._everywhere(observed, cells, sight.grid)
        places = self._places(observed, cells, sight.grid, at)
        places = places.take(self._acceptable(view, places.patches, settings, refused))
        watch.lap('check')
        places = places._replace(scores=self.evaluate(observed, places, _down(view)))
        watch.lap('evaluate')
        chosen = self._chosen(places, settings, refused)
        grasps = (suction_grasp(chosen, k, self.gripper.radius) for k in range(len(chosen.scores)))
        heatmap = sight.grid.heatmap(cells.max(axis=0), observed.objects)
        watch.lap('heat map')
        return Found(tuple(grasps), refused, heatmap, watch.times)

    def propose(self, observed: Observed) -> CupProposals:
        """Return places all over the objects, of which there are some."""
        sight = self._scorer.look(observed)
        cells = self._scorer.score(sight)
        at = self._everywhere(observed, cells, sight.grid)
        return self._places(observed, cells, sight.grid, at)

    def evaluate(
        self, observed: Observed, places: CupProposals, down: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """Return (n,) probabilities that a cup holds there.

        Args:
            observed: The depth image.
            places: Where.
            down: (3,) unit direction of gravity, in the optical frame.
        """
        if self._evaluator is None or not len(places.scores):
            return places.scores
        contract, contacts = self._evaluator.contract.scaled(self.gripper), places.contacts
        patches = cup_patches(observed, contacts, contract)
        return self._evaluator.run(patches, cup_context(contacts, down, contract)).astype(float)

    def _peaks(
        self, observed: Observed, cells: NDArray[np.float32], grid: CellGrid, least: float
    ) -> NDArray[np.int64]:
        """Return the (n, 2) cells (column, row) that no neighbour exceeds."""
        allowed = grid.on(observed.objects, cells.shape[1:])
        return local_peaks(cells, allowed, least, _MOST_PEAKS).cells

    def _everywhere(
        self, observed: Observed, cells: NDArray[np.float32], grid: CellGrid
    ) -> NDArray[np.int64]:
        """Return the (n, 2) cells of peaks, and the best places between them."""
        allowed = grid.on(observed.objects, cells.shape[1:])
        metres = float(np.median(observed.depth[observed.objects])) / observed.camera.fx
        block = _BLOCK * self.gripper.radius / SuctionCup().radius / metres
        more = best_of_blocks(cells[0], allowed, round(block / grid.step[0]))
        peaks = local_peaks(cells, allowed, 0.0, _MOST_PEAKS).cells
        return np.unique(np.vstack([peaks, more[: _MOST_PLACES - len(peaks)]]), axis=0)

    def _places(
        self,
        observed: Observed,
        cells: NDArray[np.float32],
        grid: CellGrid,
        at: NDArray[np.int64],
    ) -> CupProposals:
        """Return the surface and the quality at (n, 2) cells (column, row)."""
        pixels, radius = grid.pixels_of_cells(at), self.gripper.radius
        patches = fit_patches(observed, pixels, radius, camera_noise(observed, radius))
        return CupProposals(pixels, patches, cells[0][at[:, 1], at[:, 0]].astype(float))

    def _acceptable(
        self,
        view: View,
        patches: Patches,
        settings: SuctionSettings,
        refused: Counter[str],
    ) -> NDArray[np.bool_]:
        """Return (n,) which contacts are worth being evaluated."""
        free = has_clearance(view.observed, patches, self.gripper.body_radius, settings.clearance)
        checks = {
            NOT_SEEN: patches.coverage >= settings.min_coverage,
            STEEP: -patches.normal[:, 2] >= np.cos(settings.max_tilt),
            NO_ROOM: free,
            AVOIDED: far_from(patches.centre, view.avoid, settings.avoid_radius),
        }
        if self._evaluator is None:
            noise = camera_noise(view.observed, self.gripper.radius)
            flat = np.clip(_OVER_NOISE * noise, settings.max_residual, 2 * settings.max_residual)
            checks[NOT_FLAT] = patches.residual <= flat
        passed = np.ones(len(patches.residual), bool)
        for name, good in checks.items():
            refused[name] += int(np.count_nonzero(passed & ~good))
            passed &= good
        return passed

    def _chosen(
        self, places: CupProposals, settings: SuctionSettings, refused: Counter[str]
    ) -> CupProposals:
        """Return the places that score enough, kept apart, best first."""
        order = np.argsort(-places.scores, kind='stable')
        enough = places.take(order[places.scores[order] >= settings.min_score])
        refused[LOW_SCORE] += len(places.scores) - len(enough.scores)
        kept = keep_apart(enough.patches.centre, settings.spacing, settings.max_grasps)
        refused[REPEATED] += len(enough.scores) - len(kept)
        return enough.take(np.array(kept, int))


def _down(view: View) -> NDArray[np.float64]:
    return np.array([0.0, 0.0, 1.0]) if view.up is None else -view.up


def suction_grasp(places: CupProposals, k: int, radius: float) -> Grasp:
    """Return the grasp with a cup of a radius at place k."""
    centre, normal = places.patches.centre[k], places.patches.normal[k]
    u, v = places.pixels[k]
    return Grasp(
        gripper=Gripper.SUCTION,
        T_camera_grasp=pose_along(centre, -normal),
        score=float(places.scores[k]),
        pixel=(float(u), float(v)),
        contacts=centre[None],
        normals=normal[None],
        cup_radius=radius,
    )
