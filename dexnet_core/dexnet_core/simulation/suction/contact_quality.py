"""What planned suction contacts are worth in a scene by the labels of Dex-Net 3.0."""

from __future__ import annotations

from dexnet_core.geometry.transform import invert, transform_points
from dexnet_core.simulation.raycast import RayCaster
from dexnet_core.simulation.scenes.scene import Scene, TABLE
from dexnet_core.simulation.suction.cup_model import Perturbations, SpringCup
from dexnet_core.simulation.suction.suction_contact import robust_quality
import numpy as np
from numpy.typing import NDArray

_WAY = 0.05
"""Metres before the planned contact from which the surface is looked for."""
_BEYOND = 0.02
_DOWN = np.array([0.0, 0.0, -1.0])


def quality_of_contacts(
    scene: Scene, T_world_grasps: NDArray[np.floating], cup: SpringCup, samples: Perturbations
) -> NDArray[np.float64]:
    """Return (n,) robust wrench resistance in [0, 1] where each cup first touches an object.

    It is 0 where the approach meets no object. The rest of the scene is not in the way.

    Args:
        scene: Exact meshes.
        T_world_grasps: (n, 4, 4) planned contacts, z along the approach.
        cup: The model of the cup.
        samples: Perturbations that the metric is averaged over.
    """
    worth = np.zeros(len(T_world_grasps))
    if not len(worth):
        return worth
    approaches = T_world_grasps[:, :3, 2]
    starts = T_world_grasps[:, :3, 3] - _WAY * approaches
    hits = scene.surface.caster.first_hits(starts, approaches)
    met = (hits.triangle >= 0) & (hits.distance < _WAY + _BEYOND)
    owner = np.where(met, scene.surface.owner[hits.triangle], TABLE)
    places = starts + np.where(met, hits.distance, 0.0)[:, None] * approaches
    for k in set(owner.tolist()) - {TABLE}:
        own, item = owner == k, scene.objects[k]
        T_object_world = invert(item.T_world_object)
        R = T_object_world[:3, :3]
        worth[own] = robust_quality(
            RayCaster(item.object.mesh),
            transform_points(T_object_world, places[own]),
            approaches[own] @ R.T,
            R @ _DOWN,
            samples,
            cup,
        )
    return worth
