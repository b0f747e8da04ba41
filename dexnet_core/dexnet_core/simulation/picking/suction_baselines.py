"""Baseline suction planners: highest flat patch, flattest patch, random place."""

from __future__ import annotations

import cv2
from dexnet_core.planning.grasp import Grasp
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.perception.patch import fit_patches, has_clearance
from dexnet_core.planning.perception.segment import SegmentedImage
from dexnet_core.planning.planners.cup_candidates import CupCandidates
from dexnet_core.planning.planners.settings import SuctionSettings
from dexnet_core.planning.planners.suction_finder import suction_grasp
import numpy as np
from numpy.typing import NDArray

_DRAWS = 400
_FLAT = 0.0012
_HEIGHT_WEIGHT = 0.5
"""Weight of the height relative to the distance from the centroid of the object."""


def highest_flat_patch(
    cup: SuctionCup, segmented: SegmentedImage, rng: np.random.Generator
) -> Grasp | None:
    """Return the flat patch with the best sum of height and distance to the region's centroid."""
    places = _places(cup, segmented, _DRAWS, rng)
    fit = _usable(cup, segmented, places) & (places.patches.residual <= _FLAT)
    if not fit.any():
        return None
    middles = _middles(segmented, places.pixels)
    centre = places.patches.centre
    aside = np.linalg.norm(centre[:, :2] - middles, axis=1)
    cost = aside + _HEIGHT_WEIGHT * centre[:, 2]
    return suction_grasp(places, int(np.argmin(np.where(fit, cost, np.inf))), cup.radius)


def flattest_patch(
    cup: SuctionCup, segmented: SegmentedImage, rng: np.random.Generator
) -> Grasp | None:
    """Return the flattest of many random patches that are fully visible and collision-free."""
    places = _places(cup, segmented, _DRAWS, rng)
    fit = _usable(cup, segmented, places)
    if not fit.any():
        return None
    residual = np.where(fit, places.patches.residual, np.inf)
    return suction_grasp(places, int(np.argmin(residual)), cup.radius)


def random_place(
    cup: SuctionCup, segmented: SegmentedImage, rng: np.random.Generator
) -> Grasp | None:
    """Return a grasp at a random object pixel; the approach is along the fitted normal."""
    places = _places(cup, segmented, 1, rng)
    return suction_grasp(places, 0, cup.radius) if len(places.scores) else None


def _places(
    cup: SuctionCup, segmented: SegmentedImage, count: int, rng: np.random.Generator
) -> CupCandidates:
    rows, columns = np.nonzero(segmented.objects)
    chosen = rng.integers(len(rows), size=count) if len(rows) else np.zeros(0, int)
    pixels = np.column_stack([columns[chosen], rows[chosen]]).astype(float)
    none = np.zeros(len(chosen))
    return CupCandidates(pixels, fit_patches(segmented, pixels, cup.radius), none, none)


def _usable(
    cup: SuctionCup, segmented: SegmentedImage, places: CupCandidates
) -> NDArray[np.bool_]:
    """Return (n,) True for patches that are fully visible, collision-free and not too steep."""
    settings, patches = SuctionSettings(), places.patches
    free = has_clearance(segmented, patches, cup.body_radius, settings.clearance)
    level = -patches.normal[:, 2] >= np.cos(settings.max_tilt)
    usable: NDArray[np.bool_] = (patches.coverage >= 0.95) & free & level
    return usable


def _middles(segmented: SegmentedImage, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (n, 2) x and y in metres of the centroid of the object region of each pixel."""
    _, regions, _, centroids = cv2.connectedComponentsWithStats(segmented.objects.astype(np.uint8))
    column, row = pixels.astype(int).T
    camera = segmented.camera
    u, v = centroids[regions[row, column]].T
    depth = segmented.depth[row, column]
    slopes = np.column_stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy])
    middles: NDArray[np.float64] = slopes * depth[:, None]
    return middles
