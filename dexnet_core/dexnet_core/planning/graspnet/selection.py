"""Selection of grasps: non-maximum suppression (NMS) and limits of the approach direction."""

from __future__ import annotations

from dexnet_core.geometry.transform import unit
from dexnet_core.planning.graspnet.grasp_set import GraspSet
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

OPTICAL_AXIS = np.array([0.0, 0.0, 1.0])
"""Viewing direction of a camera, in its optical frame."""


def suppressed(grasps: GraspSet, distance: float = 0.03, angle: float = 30.0) -> GraspSet:
    """Return the grasps, best first, after non-maximum suppression (NMS).

    A grasp is dropped if a better grasp that is kept is both nearer than a distance and rotated
    by less than an angle. A jaw rotated by half a turn counts as another grasp, as in the
    benchmark of GraspNet-1Billion (Fang et al., CVPR 2020).

    Args:
        grasps: Grasps in any order.
        distance: Metres between grasp points.
        angle: Degrees between rotations.
    """
    ordered = grasps.best_first()
    return ordered.take(distinct(ordered, distance, angle))


def distinct(ordered: GraspSet, distance: float, angle: float) -> NDArray[np.bool_]:
    """Return the (n,) mask of the grasps, ordered best first, that `suppressed` keeps."""
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
    """Return the (n,) mask of grasps whose approach is within an angle of a direction.

    Args:
        grasps: Grasps in any order.
        direction: (3,) such as (0, 0, 1), the viewing direction of a camera, or that of gravity.
        angle: Degrees; 180 accepts all grasps.

    Raises:
        ValueError: The direction is the zero vector.
    """
    along = unit(direction)
    if not along.any():
        raise ValueError(f'direction is {direction}, expected other than zero')
    cosine = np.clip(grasps.rotations[:, :, 0] @ along, -1, 1)
    return np.degrees(np.arccos(cosine)) <= angle
