"""Collision check of grasps against measured points, without models of the objects."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import prod
from typing import NamedTuple

from dexnet_core.geometry.array_records import concatenated
from dexnet_core.planning.graspnet.constants import FINGER_HEIGHT
from dexnet_core.planning.graspnet.grasp_set import GraspSet
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Floats = NDArray[np.floating]
_PAIRS_AT_ONCE = 2_000_000
"""Limits the memory of a check to about 100 MB."""


@dataclass(frozen=True)
class CollisionSettings:
    """The gripper of the model-free check of graspnet-baseline; lengths in metres.

    Attributes:
        finger_thickness: Thickness of fingers and palm.
        finger_length: Distance from the fingertips back to the palm.
        height: Height of fingers and palm, along the third axis of a grasp.
        approach_distance: Length of the approach, behind the palm, that must be free as well.
        voxel: Side of the voxels that the cloud is thinned to, one point each.

    Raises:
        ValueError: A length is not positive.
    """

    finger_thickness: float = 0.01
    finger_length: float = 0.06
    height: float = FINGER_HEIGHT
    approach_distance: float = 0.05
    voxel: float = 0.01

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if not value > 0:
                raise ValueError(f'collision {item.name} is {value}, expected > 0')


_CELLS_AT_ONCE = 5_000_000
_MARGIN = 1 + 1e-9
"""Factor on a search radius, so that rounding never excludes a point in a corner."""


class _Pairs(NamedTuple):
    """Points that may be in a gripper: (p,) its index, and (3, p) the position in its frame."""

    grasp: NDArray[np.intp]
    local: Floats


def thinned(points: Floats, voxel: float) -> NDArray[np.float64]:
    """Return the (m, 3) means of the points in each occupied voxel, in no particular order.

    The grid starts half a voxel before the least coordinates, as Open3D's does.

    Args:
        points: (n, 3) metres.
        voxel: Side of a voxel in metres.
    """
    columns = np.ascontiguousarray(np.asarray(points, float).reshape(-1, 3).T)
    if columns.size == 0:
        return columns.T
    cells = [((x - x.min()) / voxel + 0.5).astype(np.int64) for x in columns]
    size = [int(cell.max()) + 1 for cell in cells]
    owner = (cells[0] * size[1] + cells[1]) * size[2] + cells[2]
    if prod(size) > _CELLS_AT_ONCE:  # a far point makes the grid too large for bincount
        owner = np.unique(owner, return_inverse=True)[1].ravel()
    count = np.bincount(owner)
    occupied = np.flatnonzero(count)
    sums = (np.bincount(owner, column)[occupied] for column in columns)
    return np.column_stack(list(sums)) / count[occupied, None]


class Obstacles(NamedTuple):
    """Measured points of a scene, thinned for the collision check of a gripper.

    Attributes:
        tree: Search tree of the thinned cloud, metres.
        settings: The gripper that it was thinned for.
    """

    tree: cKDTree
    settings: CollisionSettings


def obstacles_of(points: Floats, settings: CollisionSettings | None = None) -> Obstacles:
    """Return the points that a gripper may hit.

    Args:
        points: (n, 3) all measured points, metres; need not be thinned.
        settings: The gripper.
    """
    settings = settings or CollisionSettings()
    return Obstacles(cKDTree(thinned(points, settings.voxel)), settings)


class Filled(NamedTuple):
    """Shares of the volumes of n grasps that the cloud fills; a point fills one voxel.

    Attributes:
        gripper: (n,) filled share of the volume of fingers, palm and their approach.
        between: (n,) filled share of the volume between the fingers.
    """

    gripper: Floats
    between: Floats


def filled(grasps: GraspSet, seen: Obstacles) -> Filled:
    """Return the filled shares of the gripper and of the space between its fingers.

    Args:
        grasps: Grasps in the frame of the cloud.
        seen: All measured points.
    """
    step = max(1, _PAIRS_AT_ONCE // max(1, seen.tree.n))
    parts = [
        _filled(grasps.take(slice(start, start + step)), seen)
        for start in range(0, len(grasps), step)
    ]
    nothing = Filled(np.empty(0), np.empty(0))
    return concatenated([nothing, *parts])


def _filled(grasps: GraspSet, seen: Obstacles) -> Filled:
    settings = seen.settings
    pairs = _pairs(grasps, seen)
    voxel = settings.voxel**3
    shares = (
        np.bincount(pairs.grasp, inside, minlength=len(grasps)) * voxel / (volume + 1e-6 * voxel)
        for inside, volume in zip(
            _inside(pairs, grasps, settings), _volumes(grasps, settings), strict=True
        )
    )
    return Filled(*shares)


def _pairs(grasps: GraspSet, seen: Obstacles) -> _Pairs:
    """Return the points in a ball around each gripper and its approach."""
    tree, settings = seen
    behind = settings.finger_length + settings.finger_thickness + settings.approach_distance
    across = np.max(grasps.widths, initial=0) / 2 + settings.finger_thickness
    radius = np.sqrt((behind / 2) ** 2 + across**2 + (settings.height / 2) ** 2) * _MARGIN
    centres = grasps.tips() - behind / 2 * grasps.rotations[:, :, 0]
    near = cKDTree(centres).sparse_distance_matrix(tree, radius, output_type='ndarray')
    grasp, point = near['i'], near['j']
    apart = np.take(tree.data.T, point, axis=1) - np.take(grasps.points.T, grasp, axis=1)
    axes = np.take(np.ascontiguousarray(grasps.rotations.transpose(1, 2, 0)), grasp, axis=2)
    return _Pairs(grasp, np.einsum('kp,kcp->cp', apart, axes))


def _inside(
    pairs: _Pairs, grasps: GraspSet, settings: CollisionSettings
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which points are in fingers, palm or approach, and which between the fingers."""
    x, y, z = pairs.local
    depth, half = grasps.depths[pairs.grasp], grasps.widths[pairs.grasp] / 2
    palm = depth - settings.finger_length
    last = palm - settings.finger_thickness - settings.approach_distance
    wide = np.abs(y) < half + settings.finger_thickness
    along = (x > palm) & (x < depth)
    behind = (x <= palm) & (x > last)
    level = np.abs(z) < settings.height / 2
    gripper = level & wide & ((np.abs(y) > half) & along | behind)
    return gripper, level & along & (np.abs(y) < half)


def _volumes(grasps: GraspSet, settings: CollisionSettings) -> tuple[Floats, Floats]:
    """Return (n,) cubic metres of fingers, palm and approach, and of the space between fingers."""
    fingers = 2 * settings.finger_length * settings.finger_thickness
    across = grasps.widths + 2 * settings.finger_thickness
    along = settings.finger_thickness + settings.approach_distance
    between = settings.height * settings.finger_length * grasps.widths
    return settings.height * (fingers + across * along), between
