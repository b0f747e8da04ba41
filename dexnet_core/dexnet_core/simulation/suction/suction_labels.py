"""Suction labels all over a rendered view: every lattice pixel on an object gets its quality."""

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
"""Metres behind the rim that the cup and its hose need free of any surface."""

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
    """Label the object pixels of a lattice with 4 mm between neighbours."""
    u, v = lattice(view, _SPACING)
    owner, triangle = view.owner[v, u], view.triangle[v, u]
    rays = pixel_rays(u, v, view.camera) * view.depth[v, u, None]
    points = transform_points(view.T_world_camera, rays)
    normals = scene.surface.normals[triangle]
    quality = np.zeros(len(u))
    for k in np.unique(owner):
        own, item = owner == k, scene.objects[k]
        T_object_world = invert(item.T_world_object)
        R = T_object_world[:3, :3]
        seal = seals[item.object.name]
        index = seal.nearest(transform_points(T_object_world, points[own]), normals[own] @ R.T)
        quality[own] = pose_quality(seal, index, R @ DOWN, samples, cup)
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
    """Return (n,) whether nothing stands in the cup's way behind each contact, in one frame."""
    rim = np.pad(_RIM_GROWTH * radius * circle(_RIM_RAYS), ((0, 0), (0, 1)))
    frames = frames_along(approaches)
    origins = points[:, None] + np.einsum('nab,pb->npa', frames, rim - [0, 0, _RIM_LIFT])
    back = np.broadcast_to(-np.asarray(approaches)[:, None], origins.shape)
    hits = caster.first_hits(origins.reshape(-1, 3), back.reshape(-1, 3))
    far = hits.distance.reshape(len(points), _RIM_RAYS) > CLEARANCE
    return np.asarray(far.all(axis=1))
