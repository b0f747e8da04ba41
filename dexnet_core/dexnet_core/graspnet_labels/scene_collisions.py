"""Which labelled grasps of the objects of a scene hit the table or another object."""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.geometry.transform import invert, transform_points
from dexnet_core.graspnet_labels.jaw import all_rotations, DEPTHS, LabelJaw
from dexnet_core.graspnet_sets.contents import ObjectLabels
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Floats = NDArray[np.floating]
_MILLIMETRE = 0.001
"""How far a finger may be below the table: that much is the noise of settling."""


class PlacedObject(NamedTuple):
    """An object at rest on the table z = 0.

    Attributes:
        labels: Its grasps.
        filling: (n, 3) points that fill it, metres in its frame.
        T_table_object: (4, 4) pose.
    """

    labels: ObjectLabels
    filling: Floats
    T_table_object: Floats


def scene_collisions(things: list[PlacedObject], jaw: LabelJaw) -> list[NDArray[np.bool_]]:
    """Return for each object which of its grasps hit something.

    Args:
        things: All that lie in the scene.
        jaw: What grasps.

    Returns:
        A (P, VIEWS, ANGLES, DEPTHS) bool for each object. True also where no friction
        coefficient holds: such grasps are of no use to anybody and are not looked at.
    """
    placed = [transform_points(thing.T_table_object, thing.filling) for thing in things]
    result = []
    for k, thing in enumerate(things):
        around = np.concatenate([np.zeros((0, 3)), *placed[:k], *placed[k + 1 :]])
        others = transform_points(invert(thing.T_table_object), around)
        result.append(_collisions(thing, others, jaw))
    return result


def _collisions(thing: PlacedObject, others: Floats, jaw: LabelJaw) -> NDArray[np.bool_]:
    hit = thing.labels.scores <= 0
    tree = cKDTree(others)
    widths = thing.labels.offsets[..., 2]
    for k, point in enumerate(thing.labels.points):
        view, turn, depth = np.nonzero(~hit[k])
        rotations = all_rotations()[view, turn]
        tips = np.array(DEPTHS, np.float32)[depth]
        half = widths[k, view, turn, depth] / 2
        height, up = _table(thing.T_table_object, point)
        below = _lowest(rotations, tips, half, up, jaw) + height < -_MILLIMETRE
        near = others[tree.query_ball_point(point, jaw.reach)] - point
        if len(near):
            free = np.flatnonzero(~below)
            below[free] = _hits(rotations[free], tips[free], half[free], near, jaw)
        hit[k, view, turn, depth] = below
    return hit


def _table(T_table_object: Floats, point: Floats) -> tuple[float, NDArray[np.float64]]:
    """Return the height of a point of the object, and the way up in the object's frame."""
    return float(transform_points(T_table_object, point)[2]), T_table_object[2, :3]


def _lowest(
    rotations: Floats, tips: Floats, half: Floats, up: Floats, jaw: LabelJaw
) -> NDArray[np.float64]:
    """Return (n,) how high the lowest corner of each jaw is above its grasp point."""
    x, y, z = rotations.transpose(2, 0, 1) @ up
    along = np.minimum(jaw.palm_start * x, tips * x)
    return along - np.abs(y) * (half + jaw.finger_thickness) - np.abs(z) * jaw.height / 2


def _hits(
    rotations: Floats, tips: Floats, half: Floats, near: Floats, jaw: LabelJaw
) -> NDArray[np.bool_]:
    """Return (n,) which jaws hold any of the points (k, 3) near the grasp point in their parts."""
    x, y, z = np.tensordot(rotations, near.astype(np.float32), (1, 1)).transpose(1, 0, 2)
    y = np.abs(y)
    tips, half = tips[:, None], half[:, None]
    ahead = (x > jaw.finger_start) & (x < tips) & (y > half)
    behind = (x > jaw.palm_start) & (x <= jaw.finger_start)
    inside = (np.abs(z) < jaw.height / 2) & (y < half + jaw.finger_thickness)
    return (inside & (ahead | behind)).any(axis=1)
