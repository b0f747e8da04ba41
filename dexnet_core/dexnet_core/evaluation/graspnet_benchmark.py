"""Benchmark of GraspNet-1Billion: quality of the grasps planned in one view.

Source: Fang et al., GraspNet-1Billion, CVPR 2020, section 5, with the constants of its API.
Similar grasps are suppressed; the ten best of each object, and of these the fifty best, are
evaluated. A grasp is good at a friction coefficient if the gripper collides neither with objects
nor with the table, has points between its fingers, and is in force closure on the nearest
object.

Contacts and normals are computed by ray casting on the mesh. The API instead walks along the
closing line through a signed distance grid and takes normals from its gradient, which rounds edges
by about a cell. The API also accepts contacts on the inner side of a surface; this module does
not.
"""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.evaluation.graspnet_models import ObjectModel, table_points
from dexnet_core.geometry.transform import invert, transform_points
from dexnet_core.planning.graspnet.constants import FINGER_HEIGHT
from dexnet_core.planning.graspnet.grasp_set import GraspSet
from dexnet_core.planning.graspnet.selection import suppressed
from dexnet_core.simulation.jaw.jaw_contact import needed_friction, OpenJaws
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]

FRICTIONS = (0.2, 0.4, 0.6, 0.8, 1.0, 1.2)
"""Friction coefficients of the evaluation."""
TOP = 50
"""Number of evaluated grasps per view."""
FAILED = -1.0
"""Friction value of a grasp that is not stable at any coefficient."""
MAXIMUM_WIDTH = 0.1
_OF_OBJECT = 10
_ALIKE = (0.03, 30.0)
_AROUND = 0.05
_FINGER = 0.01
_BACK = 0.02
"""Distance from the grasp point back to the palm, metres."""
_FEWEST_INSIDE = 10
_ROUNDING = 1e-9


class BenchmarkView(NamedTuple):
    """Ground truth of one view.

    Attributes:
        models: Objects of the scene.
        T_camera_object: (objects, 4, 4) object poses, metres.
        T_camera_table: (4, 4) pose of the table; z is up, 0 on its surface.
    """

    models: tuple[ObjectModel, ...]
    T_camera_object: Floats
    T_camera_table: Floats


class EvaluatedGrasps(NamedTuple):
    """The n evaluated grasps of a view.

    Attributes:
        grasps: Best first, in the optical frame.
        collides: (n,) True if the gripper collides or has nothing between its fingers.
        friction: (n,) smallest of FRICTIONS at which the grasp is stable; FAILED if there is none
            or the grasp collides.
    """

    grasps: GraspSet
    collides: NDArray[np.bool_]
    friction: Floats


def evaluate_grasps(grasps: GraspSet, view: BenchmarkView) -> EvaluatedGrasps:
    """Select the grasps of a view to be evaluated, and evaluate them.

    Args:
        grasps: Planned grasps in the optical frame, in any order; the scores rank them.
        view: Ground truth of the view.
    """
    points = [
        transform_points(T, model.points)
        for T, model in zip(view.T_camera_object, view.models, strict=True)
    ]
    grasps, owners = counted(grasps, points)
    scene = np.concatenate([*points, transform_points(view.T_camera_table, table_points())])
    collides = np.ones(len(grasps), bool)
    friction = np.full(len(grasps), FAILED)
    for number, (model, T) in enumerate(zip(view.models, view.T_camera_object, strict=True)):
        of_this = np.flatnonzero(owners == number)
        collides[of_this] = hits(grasps.take(of_this), _around(points[number], scene))
        free = of_this[~collides[of_this]]
        friction[free] = least_friction(grasps.take(free), model, T)
    return EvaluatedGrasps(grasps, collides, friction)


def counted(grasps: GraspSet, points: list[Floats]) -> tuple[GraspSet, NDArray[np.integer]]:
    """Return the grasps to be evaluated, best first, and the index of the nearest object.

    Args:
        grasps: In any order.
        points: Points of each object, (m, 3), in the frame of the grasps.
    """
    widths = np.clip(grasps.widths, 0, MAXIMUM_WIDTH)
    clipped = GraspSet(
        grasps.scores, widths, grasps.depths, grasps.rotations, np.asarray(grasps.points, float)
    )
    distinct = suppressed(clipped, *_ALIKE)
    if not len(distinct):
        return distinct, np.zeros(0, int)
    of_point = np.repeat(np.arange(len(points)), [len(part) for part in points])
    owners = of_point[cKDTree(np.concatenate(points)).query(distinct.points)[1]]
    ranks = np.array([np.count_nonzero(owners[:i] == owner) for i, owner in enumerate(owners)])
    few = np.flatnonzero(ranks < _OF_OBJECT)
    enough = distinct.scores[few] >= distinct.scores[few[min(TOP, len(few)) - 1]]
    return distinct.take(few[enough]), owners[few[enough]]


def hits(grasps: GraspSet, scene: Floats) -> NDArray[np.bool_]:
    """Return (n,) whether a gripper contains scene points, or too few between its fingers.

    Args:
        grasps: In the frame of the scene.
        scene: (m, 3) metres.
    """
    x, y, z = np.moveaxis((scene - grasps.points[:, None]) @ grasps.rotations, -1, 0)
    half, depths = grasps.widths[:, None] / 2, grasps.depths[:, None]
    level = np.abs(z) < FINGER_HEIGHT / 2
    wide = np.abs(y) < half + _FINGER
    long = level & (x > -_BACK) & (x < depths)
    finger = long & wide & (np.abs(y) > half)
    palm = level & wide & (x > -_BACK - _FINGER) & (x < -_BACK)
    inside = np.count_nonzero(long & (np.abs(y) <= half), axis=1)
    collides: NDArray[np.bool_] = (finger | palm).any(axis=1) | (inside < _FEWEST_INSIDE)
    return collides


def least_friction(grasps: GraspSet, model: ObjectModel, T_camera_object: Floats) -> Floats:
    """Return (n,) the smallest of FRICTIONS at which grasps are stable; FAILED if there is none.

    A grasp is stable if both fingers touch the object and both contact normals are within the
    friction cone about the line between the contacts, which is the closing line.
    """
    T_object_camera = invert(T_camera_object)
    axes = grasps.rotations[:, :, 1] @ T_object_camera[:3, :3].T
    middles = transform_points(T_object_camera, grasps.tips())
    jaws = OpenJaws(middles, axes, np.asarray(grasps.widths, float))
    needed = needed_friction(model.surfaces, jaws)
    return np.append(FRICTIONS, FAILED)[np.searchsorted(FRICTIONS, needed - _ROUNDING)]


def precision(friction: Floats) -> Floats:
    """Return (TOP, frictions) the share of stable grasps among the k best, k = 1 first.

    Missing grasps count as not stable.

    Args:
        friction: (n,) smallest stable coefficient, best grasp first; FAILED if there is none.
    """
    best = friction[:TOP, None]
    good = np.zeros((TOP, len(FRICTIONS)))
    good[: len(best)] = (best > 0) & (best <= np.array(FRICTIONS))
    return np.cumsum(good, axis=0) / np.arange(1, TOP + 1)[:, None]


def _around(points: Floats, scene: Floats) -> Floats:
    """Return the scene points in the bounding box of an object, enlarged by a margin."""
    low, high = points.min(axis=0) - _AROUND, points.max(axis=0) + _AROUND
    near: Floats = scene[((scene > low) & (scene < high)).all(axis=1)]
    return near
