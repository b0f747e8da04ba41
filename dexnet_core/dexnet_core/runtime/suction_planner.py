"""The suction planner: flat, well seen, free ground among the peaks of the heat map."""

from __future__ import annotations

from dexnet_core.geometry.transform import pose_along
from dexnet_core.grasp import Grasp, Gripper
from dexnet_core.perception.cells import CellGrid
from dexnet_core.perception.patch import camera_noise, fit_patches, has_clearance, Patches
from dexnet_core.perception.segment import Observed
from dexnet_core.runtime.peaks import keep_apart, local_peaks
from dexnet_core.runtime.planner import Choice, Planner
from dexnet_core.runtime.scorer import Scorer
from dexnet_core.runtime.settings import SuctionSettings
import numpy as np
from numpy.typing import NDArray

_MOST_CANDIDATES = 256

_OVER_NOISE = 1.2
"""Times the camera's noise that a flat surface's residual may be."""


class SuctionPlanner(Planner[SuctionSettings]):
    """Plans suction grasps with one loaded network.

    Attributes:
        settings: How grasps are chosen.
        cup_radius: Metres.
    """

    no_room = (
        'no candidate is flat to {0.max_residual} m, seen to {0.min_coverage:.0%},'
        ' within {0.max_tilt} rad of the optical axis and free'
    )

    def __init__(self, scorer: Scorer, settings: SuctionSettings, cup_radius: float) -> None:
        super().__init__(scorer, settings)
        self.cup_radius = cup_radius

    def with_settings(self, settings: SuctionSettings) -> SuctionPlanner:
        """Return a planner with other settings and the same network."""
        return SuctionPlanner(self._scorer, settings, self.cup_radius)

    def choose(self, observed: Observed, cells: NDArray[np.float32], grid: CellGrid) -> Choice:
        """Return the candidates on flat, well seen, free ground, kept apart, best first."""
        allowed = grid.on(observed.objects, cells.shape[1:])
        peaks = local_peaks(cells, allowed, self.settings.min_score, _MOST_CANDIDATES)
        pixels = grid.pixels_of_cells(peaks.cells)
        noise = camera_noise(observed, self.cup_radius)
        patches = fit_patches(observed, pixels, self.cup_radius, noise)
        fit = np.flatnonzero(self._acceptable(observed, patches, noise))
        kept = keep_apart(patches.centre[fit], self.settings.spacing, self.settings.max_grasps)
        grasps = (
            suction_grasp(patches, k, pixels[k], peaks.scores[k], self.cup_radius)
            for k in fit[kept]
        )
        return Choice(tuple(grasps), scored=len(peaks.scores) > 0)

    def _acceptable(self, observed: Observed, patches: Patches, noise: float) -> NDArray[np.bool_]:
        settings = self.settings
        flat = np.clip(_OVER_NOISE * noise, settings.max_residual, 2 * settings.max_residual)
        return (
            (patches.residual <= flat)
            & (patches.coverage >= settings.min_coverage)
            & (-patches.normal[:, 2] >= np.cos(settings.max_tilt))
            & has_clearance(observed, patches, self.cup_radius, settings.clearance)
        )


def suction_grasp(
    patches: Patches, k: int, pixel: NDArray[np.float64], score: float, radius: float
) -> Grasp:
    """Return the grasp with a cup of a radius on patch k, seen at a pixel (2,)."""
    centre, normal = patches.centre[k], patches.normal[k]
    return Grasp(
        gripper=Gripper.SUCTION,
        T_camera_grasp=pose_along(centre, -normal),
        score=float(score),
        pixel=(float(pixel[0]), float(pixel[1])),
        contacts=centre[None],
        normals=normal[None],
        cup_radius=radius,
    )
