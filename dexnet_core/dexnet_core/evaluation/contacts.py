"""What a planned contact is worth in the scene it was planned in."""

from __future__ import annotations

from dexnet_core.geometry.transform import invert, transform_points
from dexnet_core.grasp import Grasp
from dexnet_core.raycast import RayCaster
from dexnet_core.scenes.scene import Scene, TABLE
from dexnet_core.scenes.view import RenderedView
from dexnet_core.suction.contact import robust_quality
from dexnet_core.suction.cup import Perturbations, SuctionCup
from dexnet_core.suction.labels import DOWN, has_room
import numpy as np


def contact_quality(
    scene: Scene, view: RenderedView, grasp: Grasp, samples: Perturbations, cup: SuctionCup
) -> float:
    """Return the robust quality of a planned suction grasp; 0 where it can not hold.

    The contact is tested as planned, position and approach, on the exact mesh of the object that
    the camera sees at its pixel; 0 off the objects and where the scene leaves no room.
    """
    u, v = np.round(grasp.pixel).astype(int)
    owner = view.owner[v, u]
    if owner == TABLE:
        return 0.0
    point = transform_points(view.T_world_camera, grasp.position)[None]
    approach = (view.T_world_camera[:3, :3] @ grasp.approach)[None]
    if not has_room(scene.surface.caster, point, approach, cup.radius)[0]:
        return 0.0
    item = scene.objects[owner]
    T_object_world = invert(item.T_world_object)
    R = T_object_world[:3, :3]
    caster = RayCaster(item.object.mesh)
    local = transform_points(T_object_world, point)
    return float(robust_quality(caster, local, approach @ R.T, R @ DOWN, samples, cup)[0])
