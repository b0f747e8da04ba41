"""Which of many grasps are worth keeping."""

from __future__ import annotations

from dexnet_core.geometry.transform import unit
from dexnet_core.planning.graspnet.grasp_set import GraspSet
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

OPTICAL_AXIS = np.array([0.0, 0.0, 1.0])
"""Forward from a camera, in its own frame."""


def suppressed(grasps: GraspSet, distance: float = 0.03, angle: float = 30.0) -> GraspSet:
    """Return the grasps, best first, without those that nearly repeat a better one.

    A grasp goes when a better one that stays is both nearer than a distance and turned by less
    than an angle. A jaw turned by half a turn counts as another grasp, as in the benchmark of
    GraspNet-1Billion (Fang et al., CVPR 2020).

    Args:
        grasps: In any order.
        distance: Metres between grasp points.
        angle: Degrees between rotations.
    """
    ordered = grasps.best_first()
    return ordered.take(distinct(ordered, distance, angle))


def distinct(ordered: GraspSet, distance: float, angle: float) -> NDArray[np.bool_]:
    """Return (n,) which grasps, ordered best first, `suppressed` keeps."""
    keep = np.ones(len(ordered), bool)
    first, second = _alike(ordered, distance, angle)
    starts = np.searchsorted(first, np.arange(len(ordered) + 1))
    for i in range(len(ordered)):
        if keep[i]:
            keep[second[starts[i] : starts[i + 1]]] = False
    return keep


def _alike(
    grasps: GraspSet, distance: float, angle: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return indices i < j, ordered by i, of the pairs of grasps that are nearly the same."""
    points = np.asarray(grasps.points, float).reshape(-1, 3)
    pairs = cKDTree(points).query_pairs(distance, output_type='ndarray')
    pairs = pairs[np.argsort(pairs[:, 0], kind='stable')]
    first, second = pairs.T
    near = np.linalg.norm(points[first] - points[second], axis=1) < distance
    rotations = np.asarray(grasps.rotations, float)
    trace = np.einsum('nij,nij->n', rotations[first], rotations[second])
    turned = np.degrees(np.arccos(np.clip((trace - 1) / 2, -1, 1)))
    alike = near & (turned < angle)
    return first[alike], second[alike]


def approaching(
    grasps: GraspSet, direction: NDArray[np.floating], angle: float
) -> NDArray[np.bool_]:
    """Return (n,) which grasps approach within an angle of a direction.

    Args:
        grasps: In any order.
        direction: (3,) such as (0, 0, 1), forward from a camera, or where gravity pulls.
        angle: Degrees; 180 keeps all.

    Raises:
        ValueError: The direction is the zero vector.
    """
    along = unit(direction)
    if not along.any():
        raise ValueError(f'direction is {direction}, expected other than zero')
    cosine = np.clip(grasps.rotations[:, :, 0] @ along, -1, 1)
    return np.degrees(np.arccos(cosine)) <= angle
