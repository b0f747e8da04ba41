"""Dense suction labels of a rendered view: the quality of every lattice pixel on an object."""

from __future__ import annotations

from collections.abc import Mapping

from dexnet_core.geometry.camera import pixel_rays
from dexnet_core.geometry.transform import circle, frames_along, invert, transform_points
from dexnet_core.simulation.raycast import RayCaster
from dexnet_core.simulation.scenes.pixel_labels import PixelLabels
from dexnet_core.simulation.scenes.rendered_view import lattice, RenderedView
from dexnet_core.simulation.scenes.scene import Scene
from dexnet_core.simulation.suction.cup_model import Perturbations, SpringCup
from dexnet_core.simulation.suction.surface import pose_quality, SealSamples
import numpy as np
from numpy.typing import NDArray

DOWN = np.array([0.0, 0.0, -1.0])
"""Direction of gravity in the world."""

CLEARANCE = 0.06
"""Length in metres of the free space that cup and hose need behind the rim."""

_SPACING = 0.004
_RIM_RAYS = 8
_RIM_GROWTH = 1.15
_RIM_LIFT = 0.005


def label_view(
    scene: Scene,
    view: RenderedView,
    seals: Mapping[str, SealSamples],
    samples: Perturbations,
    cup: SpringCup,
) -> PixelLabels:
    """Label the object pixels of a lattice with a spacing of 4 mm."""
    u, v = lattice(view, _SPACING)
    owner, triangle = view.owner[v, u], view.triangle[v, u]
    rays = pixel_rays(u, v, view.camera) * view.depth[v, u, None]
    points = transform_points(view.T_world_camera, rays)
    normals = scene.surface.normals[triangle]
    quality = np.zeros(len(u))
    for k in np.unique(owner):
        on_object, item = owner == k, scene.objects[k]
        T_object_world = invert(item.T_world_object)
        R = T_object_world[:3, :3]
        seal = seals[item.object.name]
        local = transform_points(T_object_world, points[on_object])
        index = seal.nearest(local, normals[on_object] @ R.T)
        quality[on_object] = pose_quality(seal, index, R @ DOWN, samples, cup)
    good = quality > 0
    free = has_room(scene.surface.caster, points[good], -normals[good], cup.radius)
    quality[good] *= free
    return PixelLabels(np.column_stack([u, v]).astype(np.uint16), quality.astype(np.float32))


def has_room(
    caster: RayCaster,
    points: NDArray[np.floating],
    approaches: NDArray[np.floating],
    radius: float,
) -> NDArray[np.bool_]:
    """Return (n,) True where the space behind a contact is free for the cup; all in one frame."""
    rim = np.pad(_RIM_GROWTH * radius * circle(_RIM_RAYS), ((0, 0), (0, 1)))
    frames = frames_along(approaches)
    origins = points[:, None] + np.einsum('nab,pb->npa', frames, rim - [0, 0, _RIM_LIFT])
    back = np.broadcast_to(-np.asarray(approaches)[:, None], origins.shape)
    hits = caster.first_hits(origins.reshape(-1, 3), back.reshape(-1, 3))
    far = hits.distance.reshape(len(points), _RIM_RAYS) > CLEARANCE
    return np.asarray(far.all(axis=1))
