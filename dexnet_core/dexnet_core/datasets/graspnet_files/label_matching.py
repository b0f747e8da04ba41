"""Which labels belong to a seed: the nearest labelled point, and views turned with the object."""

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
"""Code of a friction coefficient that no gripper has."""


class BestAngles(NamedTuple):
    """The best turn for each of k points, views and depths; each array is (k, 300, 4) uint8.

    Attributes:
        friction: Code of the least friction coefficient of all turns; 0 where none holds.
        angle: Class of the first turn that needs no more.
        width: Code of the opening there.
        tolerance: Code of the displacement that is borne there.
    """

    friction: NDArray[np.uint8]
    angle: NDArray[np.uint8]
    width: NDArray[np.uint8]
    tolerance: NDArray[np.uint8]


class Nearest(NamedTuple):
    """The labelled point that is nearest to each of m seeds.

    Attributes:
        place: (m,) which of the objects; 0 where there is none.
        row: (m,) which of its points; 0 where there is none.
    """

    place: NDArray[np.int64]
    row: NDArray[np.int64]


def visible_rows(points: NDArray[np.floating], seen: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return (k,) which of the labelled points (P, 3) are within 1 cm of a seen one (n, 3)."""
    distance, _ = cKDTree(seen).query(points, distance_upper_bound=_VISIBLE)
    return np.flatnonzero(np.isfinite(distance))


def nearest_points(
    seeds: NDArray[np.floating], objects: Sequence[NDArray[np.floating]]
) -> Nearest:
    """Return the labelled point nearest to each seed (m, 3), of whatever object.

    Args:
        seeds: In the frame of the camera, metres.
        objects: (k, 3) points of each object in the same frame; none at all is allowed.
    """
    counts = [len(points) for points in objects]
    if not sum(counts):
        return Nearest(np.zeros(len(seeds), np.int64), np.zeros(len(seeds), np.int64))
    found = cKDTree(np.concatenate(objects)).query(seeds)[1]
    starts = np.cumsum([0, *counts[:-1]])
    place = np.searchsorted(np.cumsum(counts), found, side='right')
    return Nearest(place, found - starts[place])


def matched_views(rotation: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return (300,) for each view in the camera's frame the object's view that comes nearest.

    Args:
        rotation: (3, 3) of the object in the camera's frame, mirrored or not.
    """
    views = grasp_views().astype(float)
    nearest: NDArray[np.int64] = (views @ (views @ rotation.T).T).argmax(axis=1)
    return nearest


def best_angles(grasps: CodedGrasps, maximum_width: int) -> BestAngles:
    """Choose the turn with the least friction coefficient; of equals the first.

    Args:
        grasps: Labels of k points.
        maximum_width: Greatest code of a width that the gripper can open to.
    """
    holds = (grasps.friction > 0) & (grasps.width <= maximum_width)
    turns = np.arange(grasps.friction.shape[1], dtype=np.uint8)[:, None, None]
    # Four bytes in one number, whose least is found at once: the last of each are carried along.
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
    """Return (3, k, 12, 4) codes of friction, width and tolerance of all turns.

    Args:
        grasps: Labels of some points.
        points: (k,) which of them.
        views: (k,) along which views.
        maximum_width: Greatest code of a width that the gripper can open to.
    """
    codes = np.stack([kind[points, :, views] for kind in grasps])
    codes[0][codes[1] > maximum_width] = 0
    return codes


def no_grasps(count: int, depths: int) -> BestAngles:
    """Return labels of points that cannot be grasped."""
    return BestAngles(*(np.zeros((count, VIEWS, depths), np.uint8) for _ in range(4)))
