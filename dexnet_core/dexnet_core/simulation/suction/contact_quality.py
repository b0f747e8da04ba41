"""Analytic quality of suction grasps in a scene: wrench resistance of Dex-Net 3.0."""

from __future__ import annotations

from dexnet_core.geometry.transform import invert, transform_points
from dexnet_core.simulation.raycast import RayCaster
from dexnet_core.simulation.scenes.scene import Scene, TABLE
from dexnet_core.simulation.suction.cup_model import Perturbations, SpringCup
from dexnet_core.simulation.suction.suction_contact import robust_quality
import numpy as np
from numpy.typing import NDArray

_WAY = 0.05
"""Distance in metres before the planned contact where the ray towards the surface starts."""
_BEYOND = 0.02
_DOWN = np.array([0.0, 0.0, -1.0])


def quality_of_contacts(
    scene: Scene, T_world_grasps: NDArray[np.floating], cup: SpringCup, samples: Perturbations
) -> NDArray[np.float64]:
    """Return robust wrench resistance (n,) in [0, 1] at the first surface along each approach.

    It is 0 where the approach meets no object. Collisions of the cup with the rest of the scene
    are not checked.

    Args:
        scene: Scene with exact meshes.
        T_world_grasps: (n, 4, 4) planned contacts, z along the approach.
        cup: Model of the cup.
        samples: Perturbations over which the metric is averaged.
    """
    quality = np.zeros(len(T_world_grasps))
    if not len(quality):
        return quality
    approaches = T_world_grasps[:, :3, 2]
    starts = T_world_grasps[:, :3, 3] - _WAY * approaches
    hits = scene.surface.caster.first_hits(starts, approaches)
    met = (hits.triangle >= 0) & (hits.distance < _WAY + _BEYOND)
    owner = np.where(met, scene.surface.owner[hits.triangle], TABLE)
    places = starts + np.where(met, hits.distance, 0.0)[:, None] * approaches
    for k in set(owner.tolist()) - {TABLE}:
        on_object, item = owner == k, scene.objects[k]
        T_object_world = invert(item.T_world_object)
        R = T_object_world[:3, :3]
        quality[on_object] = robust_quality(
            RayCaster(item.object.mesh),
            transform_points(T_object_world, places[on_object]),
            approaches[on_object] @ R.T,
            R @ _DOWN,
            samples,
            cup,
        )
    return quality
