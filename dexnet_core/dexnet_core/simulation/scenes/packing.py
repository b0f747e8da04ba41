"""Packed scenes: objects that stand upright and close together on a table."""

from __future__ import annotations

from collections.abc import Sequence

from dexnet_core.geometry.transform import pose_matrix
from dexnet_core.simulation.objects.grasp_object import GraspObject
from dexnet_core.simulation.scenes.scene import Scene, SceneObject
from dexnet_core.simulation.scenes.settling import settled
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from shapely.affinity import translate
from shapely.geometry import MultiPoint
from shapely.geometry.base import BaseGeometry

_HALF_SIDE = 0.13
_TRIES = 40
_LIFTED = 0.002
_WIDEST_GAP = 0.025
_LYING = 0.4
"""Fraction of the objects that lie on another side."""


def pack(objects: Sequence[GraspObject], rng: np.random.Generator) -> Scene:
    """Place objects on free spots near the centre of a table and let them settle.

    An object without a free spot, or that falls off the table, is not part of the scene.

    Args:
        objects: Objects to place, in order.
        rng: Random generator for positions and orientations; equal states give equal scenes.
    """
    placed: list[SceneObject] = []
    taken: list[BaseGeometry] = []
    for thing in objects:
        rotation = _attitude(rng)
        corners = thing.mesh.vertices @ rotation.T
        spot = _free_spot(MultiPoint(corners[:, :2]).convex_hull, taken, rng)
        if spot is not None:
            position = np.append(spot, _LIFTED - corners[:, 2].min())
            placed.append(SceneObject(thing, pose_matrix(position, rotation)))
    return settled(placed)


def _attitude(rng: np.random.Generator) -> NDArray[np.float64]:
    """Return a rotation (3, 3) that puts an axis of the mesh upright, usually z."""
    lying = rng.integers(1, 3) if rng.random() < _LYING else 0
    side = Rotation.from_euler('xy'[max(lying - 1, 0)], 90 * min(lying, 1), degrees=True)
    turned = Rotation.from_euler('z', rng.uniform(0, 2 * np.pi)) * side
    rotation: NDArray[np.float64] = turned.as_matrix()
    return rotation


def _free_spot(
    outline: BaseGeometry, taken: list[BaseGeometry], rng: np.random.Generator
) -> NDArray[np.float64] | None:
    """Return the free random spot (2,) nearest to the centre, and add it to `taken`."""
    gap = rng.uniform(0, _WIDEST_GAP)
    spots = rng.uniform(-_HALF_SIDE, _HALF_SIDE, (_TRIES, 2))
    for spot in spots[np.argsort(np.linalg.norm(spots, axis=1))]:
        moved = translate(outline, *spot)
        if all(moved.distance(other) > gap for other in taken):
            taken.append(moved)
            return np.asarray(spot)
    return None
