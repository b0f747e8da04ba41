"""Planners to be better than: the flattest patch, and a random point on the objects."""

from __future__ import annotations

from dexnet_core.grasp import Grasp
from dexnet_core.perception.patch import fit_patches, has_clearance
from dexnet_core.perception.segment import Observed
from dexnet_core.runtime.settings import SuctionSettings
from dexnet_core.runtime.suction_planner import suction_grasp
import numpy as np
from numpy.typing import NDArray

_DRAWS = 400


def flattest_patch(radius: float, observed: Observed, rng: np.random.Generator) -> Grasp | None:
    """Return the flattest of many random discs that are wholly seen, on an object and free."""
    pixels = _random_pixels(observed.objects, _DRAWS, rng)
    patches = fit_patches(observed, pixels, radius)
    free = has_clearance(observed, patches, radius, length=SuctionSettings().clearance)
    fit = (patches.coverage >= 0.95) & free
    if not fit.any():
        return None
    best = int(np.argmin(np.where(fit, patches.residual, np.inf)))
    return suction_grasp(patches, best, pixels[best], 0.0, radius)


def random_point(radius: float, observed: Observed, rng: np.random.Generator) -> Grasp | None:
    """Return a random point on the objects, approached along its fitted normal."""
    pixels = _random_pixels(observed.objects, 1, rng)
    if not len(pixels):
        return None
    return suction_grasp(fit_patches(observed, pixels, radius), 0, pixels[0], 0.0, radius)


def _random_pixels(
    objects: NDArray[np.bool_], count: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    rows, columns = np.nonzero(objects)
    chosen = rng.integers(len(rows), size=count) if len(rows) else np.zeros(0, int)
    return np.column_stack([columns[chosen], rows[chosen]]).astype(float)
