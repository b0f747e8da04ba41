"""The benchmark of GraspNet-1Billion: what the grasps planned in one view are worth.

Source: Fang et al., GraspNet-1Billion, CVPR 2020, section 5, with the numbers of its API:
overlapping grasps are dropped, the ten best of each object and of these the fifty best are kept;
a grasp is good at a friction if the gripper hits neither objects nor table, has something between
its fingers, and is in force closure on the object that is nearest.

Contacts and normals come from rays on the mesh. The API walks along the closing line through a
grid of distances instead and takes normals from its gradient, which rounds edges off by about a
cell; it also accepts contacts from the inside of a surface, which here are none.
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
"""Coefficients at which grasps are tried."""
TOP = 50
"""Grasps of a view that count."""
FAILED = -1.0
"""Friction of a grasp that no coefficient holds."""
MAXIMUM_WIDTH = 0.1
_OF_OBJECT = 10
_ALIKE = (0.03, 30.0)
_AROUND = 0.05
_FINGER = 0.01
_BACK = 0.02
"""Metres from the grasp point back to the palm."""
_FEWEST_INSIDE = 10
_ROUNDING = 1e-9


class BenchmarkView(NamedTuple):
    """What the grasps of one view are evaluated on.

    Attributes:
        models: Objects of the scene.
        T_camera_object: (objects, 4, 4) their poses, metres.
        T_camera_table: (4, 4) z of the table is up, 0 on its surface.
    """

    models: tuple[ObjectModel, ...]
    T_camera_object: Floats
    T_camera_table: Floats


class EvaluatedGrasps(NamedTuple):
    """The n grasps of a view that count.

    Attributes:
        grasps: Best first, in the optical frame.
        collides: (n,) True where the gripper hits something or has nothing between its fingers.
        friction: (n,) least of FRICTIONS that holds; FAILED where none does or it collides.
    """

    grasps: GraspSet
    collides: NDArray[np.bool_]
    friction: Floats


def evaluate_grasps(grasps: GraspSet, view: BenchmarkView) -> EvaluatedGrasps:
    """Return which grasps of a view count, and what they are worth.

    Args:
        grasps: Planned, in the optical frame, in any order; only the order of scores matters.
        view: The truth.
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
        own = np.flatnonzero(owners == number)
        collides[own] = hits(grasps.take(own), _around(points[number], scene))
        free = own[~collides[own]]
        friction[free] = least_friction(grasps.take(free), model, T)
    return EvaluatedGrasps(grasps, collides, friction)


def counted(grasps: GraspSet, points: list[Floats]) -> tuple[GraspSet, NDArray[np.integer]]:
    """Return the grasps that count, best first, and the object that each is nearest to.

    Args:
        grasps: In any order.
        points: Of each object, (m, 3) in the frame of the grasps.
    """
    widths = np.clip(grasps.widths, 0, MAXIMUM_WIDTH)
    clipped = GraspSet(
        grasps.scores, widths, grasps.depths, grasps.rotations, np.asarray(grasps.points, float)
    )
    kept = suppressed(clipped, *_ALIKE)
    if not len(kept):
        return kept, np.zeros(0, int)
    of_point = np.repeat(np.arange(len(points)), [len(part) for part in points])
    owners = of_point[cKDTree(np.concatenate(points)).query(kept.points)[1]]
    ranks = np.array([np.count_nonzero(owners[:i] == owner) for i, owner in enumerate(owners)])
    few = np.flatnonzero(ranks < _OF_OBJECT)
    enough = kept.scores[few] >= kept.scores[few[min(TOP, len(few)) - 1]]
    return kept.take(few[enough]), owners[few[enough]]


def hits(grasps: GraspSet, scene: Floats) -> NDArray[np.bool_]:
    """Return (n,) which grippers have a point of the scene in them, or hardly one inside.

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
    """Return (n,) the least of FRICTIONS at which grasps hold an object; FAILED where none does.

    A grasp holds where both fingers touch the object and both normals are within the friction
    cone about the line between the contacts, which is the closing line.
    """
    T_object_camera = invert(T_camera_object)
    axes = grasps.rotations[:, :, 1] @ T_object_camera[:3, :3].T
    middles = transform_points(T_object_camera, grasps.tips())
    jaws = OpenJaws(middles, axes, np.asarray(grasps.widths, float))
    needed = needed_friction(model.surfaces, jaws)
    return np.append(FRICTIONS, FAILED)[np.searchsorted(FRICTIONS, needed - _ROUNDING)]


def precision(friction: Floats) -> Floats:
    """Return (TOP, frictions) the share of the k best grasps that hold, k = 1 first.

    Missing grasps count as bad ones.

    Args:
        friction: (n,) least that holds, of the best grasp first; FAILED where none does.
    """
    best = friction[:TOP, None]
    good = np.zeros((TOP, len(FRICTIONS)))
    good[: len(best)] = (best > 0) & (best <= np.array(FRICTIONS))
    return np.cumsum(good, axis=0) / np.arange(1, TOP + 1)[:, None]


def _around(points: Floats, scene: Floats) -> Floats:
    """Return the points of a scene that are in the box around an object, and a margin."""
    low, high = points.min(axis=0) - _AROUND, points.max(axis=0) + _AROUND
    near: Floats = scene[((scene > low) & (scene < high)).all(axis=1)]
    return near
