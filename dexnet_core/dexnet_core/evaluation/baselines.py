"""Planners to be better than: the flattest patch, and a random point on the objects."""

from __future__ import annotations

from dexnet_core.geometry.transform import pose_along
from dexnet_core.grasp import Grasp, Gripper
from dexnet_core.perception.patch import fit_patches, has_clearance, Patches
from dexnet_core.perception.segment import Observed
from dexnet_core.runtime.settings import PlannerSettings
import numpy as np
from numpy.typing import NDArray

_DRAWS = 400


def flattest_patch(observed: Observed, radius: float, rng: np.random.Generator) -> Grasp | None:
    """Return the flattest of many random discs that are wholly seen, on an object and free."""
    pixels = _random_pixels(observed.objects, _DRAWS, rng)
    patches = fit_patches(observed, pixels, radius)
    free = has_clearance(observed, patches, radius, length=PlannerSettings().clearance)
    fit = (patches.coverage >= 0.95) & free
    if not fit.any():
        return None
    return _grasp(pixels, patches, int(np.argmin(np.where(fit, patches.residual, np.inf))), radius)


def random_point(observed: Observed, radius: float, rng: np.random.Generator) -> Grasp | None:
    """Return a random point on the objects, approached along its fitted normal."""
    pixels = _random_pixels(observed.objects, 1, rng)
    if not len(pixels):
        return None
    return _grasp(pixels, fit_patches(observed, pixels, radius), 0, radius)


def _random_pixels(
    objects: NDArray[np.bool_], count: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    rows, columns = np.nonzero(objects)
    chosen = rng.integers(len(rows), size=count) if len(rows) else np.zeros(0, int)
    return np.column_stack([columns[chosen], rows[chosen]]).astype(float)


def _grasp(pixels: NDArray[np.float64], patches: Patches, k: int, radius: float) -> Grasp:
    return Grasp(
        gripper=Gripper.SUCTION,
        T_camera_grasp=pose_along(patches.centre[k], -patches.normal[k]),
        score=0.0,
        pixel=(float(pixels[k, 0]), float(pixels[k, 1])),
        contacts=patches.centre[k : k + 1],
        normals=patches.normal[k : k + 1],
        cup_radius=radius,
    )
