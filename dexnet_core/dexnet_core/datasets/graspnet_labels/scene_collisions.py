"""Collision labels of a scene: collisions of labelled grasps with table and other objects."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from dexnet_core.datasets.graspnet_files.set_contents import ObjectLabels
from dexnet_core.datasets.graspnet_files.set_layout import GRASPS
from dexnet_core.datasets.graspnet_labels.label_jaw import LabelJaw, point_grasps, PointGrasps
from dexnet_core.geometry.array_records import rows
from dexnet_core.geometry.transform import invert, transform_points
from dexnet_core.planning.graspnet.collision import thinned
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Floats = NDArray[np.floating]
_GRID = 0.006
"""Spacing of the points of the other objects in metres; 8 mm in the benchmark."""
_MILLIMETRE = 0.001
"""Allowed penetration of the table in metres, the accuracy of the settled poses."""


class Graspable(NamedTuple):
    """The labelled grasps of an object that have a positive score.

    Attributes:
        points: (P, 3) float32 grasp points in metres in the object's frame.
        which: (n,) int64 ascending flat indices into (P, VIEWS, ANGLES, DEPTHS).
        widths: (n,) float32 openings in metres.
    """

    points: NDArray[np.float32]
    which: NDArray[np.int64]
    widths: NDArray[np.float32]


class PlacedObject(NamedTuple):
    """An object at rest on the table z = 0.

    Attributes:
        grasps: Labelled grasps.
        filling: (n, 3) points that fill the object, in metres in its frame.
        T_table_object: (4, 4) pose.
    """

    grasps: Graspable
    filling: Floats
    T_table_object: Floats


def graspable(labels: ObjectLabels) -> Graspable:
    """Return the grasps that hold at one of the tested friction coefficients."""
    which = np.flatnonzero(labels.scores > 0)
    return Graspable(labels.points, which, labels.offsets[..., 2].ravel()[which])


def scene_collisions(things: list[PlacedObject], jaw: LabelJaw) -> list[NDArray[np.bool_]]:
    """Return the collision mask of the grasps of each object.

    Args:
        things: All objects of the scene.
        jaw: Jaw model.

    Returns:
        A (P, VIEWS, ANGLES, DEPTHS) bool array for each object. It is also True for grasps that
        hold at no friction coefficient, which are not checked.
    """
    placed = [
        transform_points(thing.T_table_object, thinned(thing.filling, _GRID)) for thing in things
    ]
    result = []
    for k, thing in enumerate(things):
        around = np.concatenate([np.zeros((0, 3)), *placed[:k], *placed[k + 1 :]])
        others = transform_points(invert(thing.T_table_object), around)
        result.append(_collisions(thing, others, jaw))
    return result


def _collisions(thing: PlacedObject, others: Floats, jaw: LabelJaw) -> NDArray[np.bool_]:
    points, which, widths = thing.grasps
    hit = np.ones((len(points), *GRASPS), bool)
    tree = cKDTree(others)
    ends = np.searchsorted(which, np.arange(len(points) + 1) * hit[0].size)
    for point, (begin, end) in zip(points, pairwise(ends), strict=True):
        _, view, turn, depth = np.unravel_index(which[begin:end], hit.shape)
        grasps = point_grasps((view, turn, depth), widths[begin:end])
        bad = _is_below(thing.T_table_object, point, grasps, jaw)
        near = others[tree.query_ball_point(point, jaw.reach)] - point
        free = np.flatnonzero(~bad)
        bad[free] = _hits(rows(grasps, free), near, jaw)
        hit.ravel()[which[begin:end]] = bad
    return hit


def _is_below(
    T_table_object: Floats, point: Floats, grasps: PointGrasps, jaw: LabelJaw
) -> NDArray[np.bool_]:
    """Return (n,) True where the lowest corner of the jaw is below the table."""
    x, y, z = grasps.rotations.transpose(2, 0, 1) @ T_table_object[2, :3]
    lowest = np.minimum(jaw.palm_start * x, grasps.tips * x)
    lowest -= np.abs(y) * (grasps.half + jaw.finger_thickness) + np.abs(z) * jaw.height / 2
    is_below: NDArray[np.bool_] = (
        lowest + transform_points(T_table_object, point)[2] < -_MILLIMETRE
    )
    return is_below


def _hits(grasps: PointGrasps, near: Floats, jaw: LabelJaw) -> NDArray[np.bool_]:
    """Return (n,) True where a point (k, 3) near the grasp point is inside fingers or palm."""
    x, y, z = grasps.local(near)
    y = np.abs(y)
    tips, half = grasps.tips[:, None], grasps.half[:, None]
    ahead = (x > jaw.finger_start) & (x < tips) & (y > half)
    behind = (x > jaw.palm_start) & (x <= jaw.finger_start)
    inside = (np.abs(z) < jaw.height / 2) & (y < half + jaw.finger_thickness)
    hits: NDArray[np.bool_] = (inside & (ahead | behind)).any(axis=1)
    return hits
