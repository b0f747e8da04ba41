"""Matching of labels to seeds: nearest labelled point, and views rotated with the object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dexnet_core.datasets.graspnet_files.label_store import CodedGrasps
from dexnet_core.planning.graspnet.approach_directions import grasp_views
from dexnet_core.planning.graspnet.stages import VIEWS
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

_VISIBLE = 0.01
_NONE = np.uint8(255)
"""Friction code of a grasp that does not hold."""


class BestAngles(NamedTuple):
    """Best in-plane rotation for k points, 300 views and 4 depths; arrays (k, 300, 4) uint8.

    Attributes:
        friction: Code of the minimum friction coefficient of all rotations; 0 where no grasp
            holds.
        angle: Class of the best rotation.
        width: Code of its opening.
        tolerance: Code of its tolerated displacement.
    """

    friction: NDArray[np.uint8]
    angle: NDArray[np.uint8]
    width: NDArray[np.uint8]
    tolerance: NDArray[np.uint8]


class Nearest(NamedTuple):
    """The nearest labelled point of each of m seeds.

    Attributes:
        place: (m,) index of the object; 0 if there is none.
        row: (m,) index of its labelled point; 0 if there is none.
    """

    place: NDArray[np.int64]
    row: NDArray[np.int64]


def visible_rows(points: NDArray[np.floating], seen: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return indices (k,) of labelled points (P, 3) within 1 cm of a visible point (n, 3)."""
    distance, _ = cKDTree(seen).query(points, distance_upper_bound=_VISIBLE)
    return np.flatnonzero(np.isfinite(distance))


def nearest_points(
    seeds: NDArray[np.floating], objects: Sequence[NDArray[np.floating]]
) -> Nearest:
    """Return the nearest labelled point of each seed, over all objects.

    Args:
        seeds: (m, 3) points in metres in the camera frame.
        objects: (k, 3) labelled points of each object in the same frame; can be empty.
    """
    counts = [len(points) for points in objects]
    if not sum(counts):
        return Nearest(np.zeros(len(seeds), np.int64), np.zeros(len(seeds), np.int64))
    found = cKDTree(np.concatenate(objects)).query(seeds)[1]
    starts = np.cumsum([0, *counts[:-1]])
    place = np.searchsorted(np.cumsum(counts), found, side='right')
    return Nearest(place, found - starts[place])


def matched_views(rotation: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return the index (300,) of the nearest object view for each view in the camera frame.

    Args:
        rotation: (3, 3) rotation of the object in the camera frame; can contain a reflection.
    """
    views = grasp_views().astype(float)
    nearest: NDArray[np.int64] = (views @ (views @ rotation.T).T).argmax(axis=1)
    return nearest


def best_angles(grasps: CodedGrasps, maximum_width: int) -> BestAngles:
    """Select the in-plane rotation with the minimum friction coefficient; the first of equals.

    Args:
        grasps: Labels of k points.
        maximum_width: Code of the maximum gripper width.
    """
    holds = (grasps.friction > 0) & (grasps.width <= maximum_width)
    turns = np.arange(grasps.friction.shape[1], dtype=np.uint8)[:, None, None]
    # Pack four bytes into one integer, most significant last. One minimum then selects the least
    # friction, and for equal friction the first rotation, with its width and tolerance.
    key = np.empty((*holds.shape, 4), np.uint8)
    for place, byte in enumerate((grasps.tolerance, grasps.width, turns)):
        key[..., place] = byte
    key[..., 3] = np.where(holds, grasps.friction, _NONE)
    least = key.view('<u4')[..., 0].min(axis=1)
    tolerance, width, angle, friction = np.moveaxis(least[..., None].view(np.uint8), -1, 0)
    return BestAngles(np.where(friction < _NONE, friction, 0), angle, width, tolerance)


def every_angle(
    grasps: CodedGrasps,
    points: NDArray[np.integer],
    views: NDArray[np.integer],
    maximum_width: int,
) -> NDArray[np.uint8]:
    """Return the codes (3, k, 12, 4) of friction, width and tolerance of all rotations.

    Args:
        grasps: Labels of some points.
        points: (k,) indices of the points.
        views: (k,) indices of the views.
        maximum_width: Code of the maximum gripper width.
    """
    codes = np.stack([kind[points, :, views] for kind in grasps])
    codes[0][codes[1] > maximum_width] = 0
    return codes


def no_grasps(count: int, depths: int) -> BestAngles:
    """Return labels of `count` points without any grasp."""
    return BestAngles(*(np.zeros((count, VIEWS, depths), np.uint8) for _ in range(4)))
