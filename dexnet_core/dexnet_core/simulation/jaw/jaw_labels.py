"""Dense parallel-jaw labels of a rendered view: lattice pixels, closing directions, offsets."""

from __future__ import annotations

from dexnet_core.geometry.camera import pixel_rays
from dexnet_core.geometry.transform import transform_points
from dexnet_core.planning.contracts.view_contract import JawCells
from dexnet_core.planning.perception.fingers import find_slots
from dexnet_core.planning.perception.height_map import FAR, HeightMap
from dexnet_core.simulation.jaw.epsilon import quality_of
from dexnet_core.simulation.jaw.jaw_contact import OpenJaws, robust_epsilon
from dexnet_core.simulation.jaw.jaw_uncertainty import JawPerturbations
from dexnet_core.simulation.scenes.pixel_labels import PixelLabels
from dexnet_core.simulation.scenes.rendered_view import lattice, RenderedView
from dexnet_core.simulation.scenes.scene import Scene
import numpy as np
from numpy.typing import NDArray

CLEARANCE = 0.002
"""Minimum distance in metres between a finger and other surfaces in the labels."""

_SPACING = 0.006
_STEP = 0.002
_FROM = 0.1


def label_jaws(
    scene: Scene, view: RenderedView, cells: JawCells, samples: JawPerturbations
) -> PixelLabels:
    """Label the object pixels of a lattice with a spacing of 6 mm.

    The jaw approaches along the optical axis. `find_slots` computes its opening on the exact
    surfaces.

    Returns:
        Quality (n, angles, offsets) float16: robust epsilon relative to an ideal grasp; 0 where
        there is no free space for the fingers.
    """
    u, v = lattice(view, _SPACING)
    points = pixel_rays(u, v, view.camera) * view.depth[v, u, None]
    quality = np.zeros((len(u), cells.angles, len(cells.offsets)), np.float16)
    if len(u):
        heights = exact_heights(scene, view, points, cells.gripper.max_opening)
        owners = view.owner[v, u].astype(int)
        for k, angle in enumerate(np.arange(cells.angles) * np.pi / cells.angles):
            quality[:, k] = _along(
                scene, view.T_world_camera, (points, owners), (heights, angle), (cells, samples)
            )
    return PixelLabels(np.column_stack([u, v]).astype(np.uint16), quality)


def exact_heights(
    scene: Scene, view: RenderedView, points: NDArray[np.float64], margin: float
) -> HeightMap:
    """Return the exact height map along the optical axis around points (n, 3) in camera frame."""
    low, high = points[:, :2].min(axis=0) - margin, points[:, :2].max(axis=0) + margin
    x, y = (np.arange(a, b, _STEP) for a, b in zip(low, high, strict=True))
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    near = max(points[:, 2].min() - _FROM, 0.0)
    origins = transform_points(view.T_world_camera, np.insert(grid, 2, near, axis=1))
    axis = np.broadcast_to(view.T_world_camera[:3, 2], origins.shape)
    distance = scene.surface.caster.first_hits(origins, axis).distance
    depth = np.where(np.isfinite(distance), near + distance, FAR)
    return HeightMap(depth.reshape(len(y), len(x)).astype(np.float32), tuple(low), _STEP)


def _along(
    scene: Scene,
    T_world_camera: NDArray[np.float64],
    places: tuple[NDArray[np.float64], NDArray[np.int64]],
    way: tuple[HeightMap, float],
    jaw: tuple[JawCells, JawPerturbations],
) -> NDArray[np.float64]:
    """Return quality (n, offsets) of one closing direction at n points."""
    (points, owners), (heights, angle), (cells, samples) = places, way, jaw
    depths = points[:, 2:] + np.asarray(cells.offsets)
    tips = depths + cells.gripper.tip_reach
    slots = find_slots(heights, points[:, :2], angle, tips, cells.gripper, CLEARANCE)
    place, offset = np.nonzero(slots.found)
    axis = np.array([np.cos(angle), np.sin(angle), 0.0])
    middles = points[place] + slots.shift[place, offset, None] * axis
    middles[:, 2] = depths[place, offset]
    jaws = OpenJaws(
        transform_points(T_world_camera, middles),
        np.broadcast_to(T_world_camera[:3, :3] @ axis, middles.shape),
        slots.opening[place, offset],
    )
    centres = np.array([item.T_world_object[:3, 3] for item in scene.objects])
    targets = owners[place]
    quality = np.zeros(depths.shape)
    robust = robust_epsilon(
        scene.surface, jaws, targets, centres[targets], samples, cells.gripper.pad_radius
    )
    quality[place, offset] = quality_of(robust, cells.gripper.pad_radius)
    return quality
