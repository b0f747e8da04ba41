"""Candidate contacts of a suction cup: cells of the heat map with the surface there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from dexnet_core.geometry.array_records import rows
from dexnet_core.geometry.transform import circle, frames_along
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.perception.cells import CellGrid
from dexnet_core.planning.perception.cup_patch import CupContacts
from dexnet_core.planning.perception.patch import camera_noise, fit_patches, Patches
from dexnet_core.planning.perception.segment import SegmentedImage
from dexnet_core.planning.planners.peaks import best_of_blocks, keep_apart, local_peaks
import numpy as np
from numpy.typing import NDArray

_MAX_PEAKS = 96
"""Maximum number of candidates at local maxima of the heat map."""
_MAX_CANDIDATES = 160
"""Maximum number of candidates all over the objects, including peaks."""
_BLOCK = 0.010
"""Side in metres of square blocks with one candidate each, for the usual cup."""
_MAX_CENTRES = 8
"""Maximum number of best candidates around which others are added."""
_CIRCLE_RADIUS = 0.6
"""Distance of the added candidates from the best one, in radii of the cup."""
_CIRCLE_POINTS = 8
"""Number of candidates that are added around each of the best ones."""


class CupCandidates(NamedTuple):
    """n candidate contacts of a cup in a view.

    Attributes:
        pixels: (n, 2) u and v.
        patches: The surface at the pixels.
        proposed: (n,) quality in [0, 1] by the proposing network.
        scores: (n,) the same, or the scores of the evaluator.
    """

    pixels: NDArray[np.float64]
    patches: Patches
    proposed: NDArray[np.float64]
    scores: NDArray[np.float64]

    @property
    def surface(self) -> NDArray[np.float64]:
        """(n, 3) metres, the centres of the contacts."""
        return self.patches.centre

    @property
    def contacts(self) -> CupContacts:
        """The same contacts as grasp frames."""
        poses = np.tile(np.eye(4), (len(self.scores), 1, 1))
        poses[:, :3, :3] = frames_along(-self.patches.normal)
        poses[:, :3, 3] = self.patches.centre
        return CupContacts(poses, self.proposed)

    def take(self, which: NDArray[np.generic] | slice) -> CupCandidates:
        """Return some of the candidates."""
        return rows(self, which)


@dataclass(frozen=True)
class CupMap:
    """The heat map of suction quality over a view with objects.

    Attributes:
        segmented: The depth image.
        cells: (1, h, w) quality.
        grid: Positions of the cells in the image.
        radius: Radius of the cup in metres.
    """

    segmented: SegmentedImage
    cells: NDArray[np.float32]
    grid: CellGrid
    radius: float

    def peaks(self, least: float) -> CupCandidates:
        """Return the local maxima of at least the quality `least`."""
        return self._at(local_peaks(self.cells, self._allowed, least, _MAX_PEAKS).cells)

    def everywhere(self) -> CupCandidates:
        """Return the local maxima, and the best cells of the blocks between them."""
        allowed = self._allowed
        metres = float(np.median(self.segmented.depth[self.segmented.objects]))
        metres /= self.segmented.camera.fx
        block = _BLOCK * self.radius / SuctionCup().radius / metres
        more = best_of_blocks(self.cells[0], allowed, round(block / self.grid.step[0]))
        peaks = local_peaks(self.cells, allowed, 0.0, _MAX_PEAKS).cells
        more = more[: _MAX_CANDIDATES - len(peaks)]
        return self._at(np.unique(np.vstack([peaks, more]), axis=0))

    def around(self, candidates: CupCandidates) -> CupCandidates:
        """Return candidates on circles around the best of some candidates."""
        order = np.argsort(-candidates.scores, kind='stable')
        distance = _CIRCLE_RADIUS * self.radius
        best = order[keep_apart(candidates.patches.centre[order], 2 * distance, _MAX_CENTRES)]
        pixels = distance * self.segmented.camera.fx / candidates.patches.centre[best, 2]
        rings = candidates.pixels[best][:, None] + pixels[:, None, None] * circle(_CIRCLE_POINTS)
        at = np.rint(self.grid.cells_of_pixels(rings)).astype(int).reshape(-1, 2)
        allowed = self._allowed
        at = at[((at >= 0) & (at < allowed.shape[::-1])).all(axis=1)]
        return self._at(np.unique(at[allowed[at[:, 1], at[:, 0]]], axis=0))

    @cached_property
    def noise(self) -> float:
        """Noise of the camera on a flat surface in metres, see `camera_noise`."""
        return camera_noise(self.segmented, self.radius)

    @cached_property
    def _allowed(self) -> NDArray[np.bool_]:
        return self.grid.on(self.segmented.objects, self.cells.shape[1:])

    def _at(self, at: NDArray[np.int64]) -> CupCandidates:
        """Return the candidates at (n, 2) cells (column, row)."""
        pixels = self.grid.pixels_of_cells(at)
        patches = fit_patches(self.segmented, pixels, self.radius, self.noise)
        quality = self.cells[0][at[:, 1], at[:, 0]].astype(float)
        return CupCandidates(pixels, patches, quality, quality)
