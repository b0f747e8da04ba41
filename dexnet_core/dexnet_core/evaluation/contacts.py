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

REACH = 0.02
"""Metres around the planned position in which the cup looks for contact."""


def contact_quality(
    scene: Scene, view: RenderedView, grasp: Grasp, samples: Perturbations, cup: SuctionCup
) -> float:
    """Return the robust quality of a planned suction grasp; 0 where it can not hold.

    The cup moves along the planned approach until it touches something, as a robot's does, and
    the contact is tested there on the exact mesh; 0 where it touches no object within REACH of
    the planned position, and where the scene leaves no room.
    """
    planned = transform_points(view.T_world_camera, grasp.position)[None]
    approach = (view.T_world_camera[:3, :3] @ grasp.approach)[None]
    surface = scene.surface
    start = planned - REACH * approach
    triangle, distance = (values[0] for values in surface.caster.first_hits(start, approach))
    if triangle < 0 or distance > 2 * REACH or surface.owner[triangle] == TABLE:
        return 0.0
    point = start + distance * approach
    if not has_room(surface.caster, point, approach, cup.radius)[0]:
        return 0.0
    item = scene.objects[surface.owner[triangle]]
    T_object_world = invert(item.T_world_object)
    R = T_object_world[:3, :3]
    caster = RayCaster(item.object.mesh)
    local = transform_points(T_object_world, point)
    return float(robust_quality(caster, local, approach @ R.T, R @ DOWN, samples, cup)[0])
