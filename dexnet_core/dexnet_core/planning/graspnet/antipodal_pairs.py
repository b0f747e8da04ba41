"""Grasps on antipodal pairs of points of a cloud, without learning."""

from __future__ import annotations

import math
from typing import NamedTuple

from dexnet_core.geometry.transform import unit
from dexnet_core.planning.graspnet.collision import thinned
from dexnet_core.planning.graspnet.constants import BASELINE
from dexnet_core.planning.graspnet.grasp_set import GraspSet, no_grasps
from dexnet_core.planning.graspnet.selection import OPTICAL_AXIS
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]

_VOXEL = 0.004
"""Side in metres of the voxels that clouds are thinned to before pairs are drawn."""
_LOOKED_AT, _MOST_POINTS = 200_000, 20_000
"""Maximum number of points to thin, and to draw pairs from; a heap on a table has fewer."""
_NEIGHBOURS = 16
_PAIRS = 400_000
_KEPT = 400
"""Number of the best pairs for which approaches are generated."""
_FRICTION = 1.0
_NARROWEST = 0.005
_CLEARANCE = 0.01
"""Metres by which the jaw opens wider than a pair, on each side."""
_TILTS = np.radians([-60, -30, 0, 30, 60])
DEPTH = 0.02
"""Metres from the grasp point to the fingertips, which are beside the pair."""


def antipodal_pairs(
    points: Floats,
    rng: np.random.Generator,
    maximum_width: float = BASELINE.maximum_width,
    forward: Floats = OPTICAL_AXIS,
) -> GraspSet:
    """Return grasps on antipodal pairs of points.

    Both normals lie in the friction cone about the line between the points; every pair is
    approached from several sides. The score is the smaller cosine between a normal and the line,
    times the cosine between the approach and `forward`.

    Args:
        points: (n, 3) metres in the optical frame.
        rng: Random number generator.
        maximum_width: Maximum opening of the jaw in metres.
        forward: (3,) unit direction of the best approach.
    """
    cloud = thinned(points[:: 1 + len(points) // _LOOKED_AT], _VOXEL)
    if len(cloud) < 2:
        return no_grasps()
    if len(cloud) > _MOST_POINTS:
        cloud = rng.choice(cloud, _MOST_POINTS, replace=False)
    pairs = _facing_pairs(cloud, normals_of(cloud), rng, maximum_width)
    return _approached(cloud, pairs, forward)


def normals_of(cloud: Floats) -> Floats:
    """Return (n, 3) unit normals of a cloud, towards the camera at the origin.

    Each normal is the direction of least variance of the nearest points.

    Args:
        cloud: (n, 3) metres in the optical frame, n at least 1.
    """
    near = cKDTree(cloud).query(cloud, k=min(_NEIGHBOURS, len(cloud)))[1].reshape(len(cloud), -1)
    apart = cloud[near] - cloud[near].mean(axis=1, keepdims=True)
    normals = np.linalg.eigh(apart.transpose(0, 2, 1) @ apart)[1][:, :, 0]
    away = np.einsum('ni,ni->n', normals, cloud) > 0
    return np.where(away[:, None], -normals, normals)


class _Pairs(NamedTuple):
    """Pairs of points: indices (n,), and the smaller cosine (n,) of their normals, best first."""

    first: NDArray[np.integer]
    second: NDArray[np.integer]
    facing: Floats


def _facing_pairs(
    cloud: Floats, normals: Floats, rng: np.random.Generator, maximum_width: float
) -> _Pairs:
    """Return pairs that fit the jaw and are in each other's friction cone."""
    places, outwards = cloud.astype(np.float32), normals.astype(np.float32)
    first, second = rng.integers(len(cloud), size=(2, _PAIRS))
    apart = np.take(places, second, axis=0) - np.take(places, first, axis=0)
    squared = np.einsum('ni,ni->n', apart, apart)
    widest = max(maximum_width - 2 * _CLEARANCE, 0.0)
    fits = np.flatnonzero((squared > _NARROWEST**2) & (squared < widest**2))
    first, second, apart = first[fits], second[fits], apart[fits]
    facing = np.minimum(
        -np.einsum('ni,ni->n', np.take(outwards, first, axis=0), apart),
        np.einsum('ni,ni->n', np.take(outwards, second, axis=0), apart),
    ) / np.sqrt(squared[fits])
    antipodal = np.flatnonzero(facing >= 1 / math.hypot(1, _FRICTION))
    best = antipodal[np.argsort(-facing[antipodal], kind='stable')[:_KEPT]]
    return _Pairs(first[best], second[best], facing[best].astype(float))


def _approached(cloud: Floats, pairs: _Pairs, forward: Floats) -> GraspSet:
    """Return the grasps of pairs from several sides; the fingertips are beside the points."""
    one, other = cloud[pairs.first], cloud[pairs.second]
    closing = np.repeat(unit(other - one), len(_TILTS), axis=0)
    level = unit(np.cross(closing, forward))
    steepest = np.cross(level, closing)
    tilts = np.tile(_TILTS, len(one))[:, None]
    approach = np.cos(tilts) * steepest + np.sin(tilts) * level
    middles = np.repeat((one + other) / 2, len(_TILTS), axis=0)
    widths = np.linalg.norm(other - one, axis=1) + 2 * _CLEARANCE
    return GraspSet(
        np.repeat(pairs.facing, len(_TILTS)) * (approach @ forward),
        np.repeat(widths, len(_TILTS)),
        np.full(len(middles), DEPTH),
        np.stack([approach, closing, np.cross(approach, closing)], axis=-1),
        middles - DEPTH * approach,
    )
