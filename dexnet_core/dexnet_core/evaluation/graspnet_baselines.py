"""Planners on point clouds that learn nothing: antipodal pairs of points, and chance."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
import math
import time
from typing import NamedTuple, Protocol

from dexnet_core.geometry.transform import unit
from dexnet_core.grasp import PlanStatus
from dexnet_core.graspnet.cloud import sampled, usable_points
from dexnet_core.graspnet.collision import thinned
from dexnet_core.graspnet.constants import BASELINE
from dexnet_core.graspnet.grasp_set import GraspSet, no_grasps
from dexnet_core.graspnet.views import grasp_rotations, grasp_views
from dexnet_core.runtime.graspnet_network import GraspNetTimes
from dexnet_core.runtime.graspnet_planner import choose, CloudPlan, CloudTimes
from dexnet_core.runtime.settings import GraspNetSettings
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]
Sampler = Callable[[Floats, np.random.Generator], GraspSet]

_VOXEL = 0.004
"""Metres that clouds are thinned to before pairs are drawn."""
_NEIGHBOURS = 24
_PAIRS = 400_000
_KEPT = 400
"""Pairs whose approaches are tried."""
_FRICTION = 1.0
_NARROWEST = 0.005
_CLEARANCE = 0.01
"""Metres that the jaw is opened wider than a pair, on each side."""
_DEPTH = 0.02
_TILTS = np.radians([-60, -30, 0, 30, 60])
_RANDOM = 1000
_FORWARD = np.array([0.0, 0.0, 1.0])


class PointPlanner(Protocol):
    """Plans on a point cloud, as `GraspNetPlanner` does."""

    def plan_points(self, points: NDArray[np.float32]) -> CloudPlan:
        """Return grasps, best first, on (n, 3) points in the optical frame, metres."""


class SamplingPlanner:
    """Chooses among grasps that a sampler draws, as `GraspNetPlanner` does among its own."""

    def __init__(self, sampler: Sampler, settings: GraspNetSettings) -> None:
        self._sampler = sampler
        self._settings = settings

    def plan_points(self, points: NDArray[np.float32]) -> CloudPlan:
        """Return grasps that differ and whose gripper hits nothing that was seen, best first.

        Equal clouds have equal answers.

        Raises:
            ValueError: The points are of another shape, or cannot be metres.
        """
        began = time.perf_counter()
        points = usable_points(points)
        drawn = self._sampler(np.asarray(points, float), np.random.default_rng(0))
        if len(points):
            grasps, status = choose(drawn, points, self._settings)
        else:
            grasps, status = drawn, PlanStatus.NO_DEPTH
        elapsed = (time.perf_counter() - began) * 1e3
        return CloudPlan(grasps, status, CloudTimes(GraspNetTimes(), elapsed))


def antipodal_planner(settings: GraspNetSettings) -> SamplingPlanner:
    """Return the planner of pairs of points whose normals face each other."""
    return SamplingPlanner(antipodal_pairs, settings)


def random_planner(settings: GraspNetSettings) -> SamplingPlanner:
    """Return the planner that guesses: only that nothing is in the gripper's way is checked."""
    return SamplingPlanner(partial(random_grasps, tilt=settings.max_tilt), settings)


def antipodal_pairs(points: Floats, rng: np.random.Generator) -> GraspSet:
    """Return grasps on pairs of points that a jaw can press against each other.

    Both normals lie in the friction cone about the line between the points; every pair is
    approached from several sides. The score is the lesser cosine between normal and line, less
    for approaches away from the optical axis.

    Args:
        points: (n, 3) metres in the optical frame.
        rng: Where chance comes from.
    """
    cloud = thinned(points, _VOXEL)
    if len(cloud) < 2:
        return no_grasps()
    pairs = _facing_pairs(cloud, normals_of(cloud), rng)
    return _approached(cloud, pairs)


def random_grasps(points: Floats, rng: np.random.Generator, tilt: float) -> GraspSet:
    """Return grasps of any width and depth, at any point, from any side.

    Args:
        points: (n, 3) metres in the optical frame.
        rng: Where chance comes from.
        tilt: Greatest angle in radians between approach and optical axis.
    """
    if not len(points):
        return no_grasps()
    approaches = -grasp_views()
    approaches = approaches[approaches @ _FORWARD >= math.cos(tilt)]
    chosen = approaches[rng.integers(len(approaches), size=_RANDOM)]
    return GraspSet(
        rng.uniform(size=_RANDOM),
        rng.uniform(0, BASELINE.maximum_width, _RANDOM),
        rng.choice([0.01, 0.02, 0.03, 0.04], _RANDOM),
        grasp_rotations(chosen, rng.uniform(0, np.pi, _RANDOM)),
        sampled(points, _RANDOM, rng),
    )


def normals_of(cloud: Floats) -> Floats:
    """Return (n, 3) unit normals of a cloud, towards the camera at the origin.

    Each is the direction in which the nearest points spread least.

    Args:
        cloud: (n, 3) metres in the optical frame, n at least 1.
    """
    near = cKDTree(cloud).query(cloud, k=min(_NEIGHBOURS, len(cloud)))[1].reshape(len(cloud), -1)
    apart = cloud[near] - cloud[near].mean(axis=1, keepdims=True)
    normals = np.linalg.eigh(np.einsum('nki,nkj->nij', apart, apart))[1][:, :, 0]
    away = np.einsum('ni,ni->n', normals, cloud) > 0
    return np.where(away[:, None], -normals, normals)


class _Pairs(NamedTuple):
    """Pairs of points: indices (n,), and the lesser cosine (n,) of their normals, best first."""

    first: NDArray[np.integer]
    second: NDArray[np.integer]
    facing: Floats


def _facing_pairs(cloud: Floats, normals: Floats, rng: np.random.Generator) -> _Pairs:
    """Return pairs that fit the jaw and are in each other's friction cone."""
    first, second = rng.integers(len(cloud), size=(2, _PAIRS))
    apart = cloud[second] - cloud[first]
    length = np.linalg.norm(apart, axis=1)
    widest = BASELINE.maximum_width - 2 * _CLEARANCE
    fits = (length > _NARROWEST) & (length < widest)
    first, second, along = first[fits], second[fits], unit(apart[fits])
    facing = np.minimum(
        -np.einsum('ni,ni->n', normals[first], along),
        np.einsum('ni,ni->n', normals[second], along),
    )
    best = np.argsort(-facing, kind='stable')[:_KEPT]
    best = best[facing[best] >= 1 / math.hypot(1, _FRICTION)]
    return _Pairs(first[best], second[best], facing[best])


def _approached(cloud: Floats, pairs: _Pairs) -> GraspSet:
    """Return the grasps of pairs from several sides; the fingertips are beside the points."""
    one, other = cloud[pairs.first], cloud[pairs.second]
    closing = np.repeat(unit(other - one), len(_TILTS), axis=0)
    level = unit(np.cross(closing, _FORWARD))
    forward = np.cross(level, closing)
    tilts = np.tile(_TILTS, len(one))[:, None]
    approach = np.cos(tilts) * forward + np.sin(tilts) * level
    middles = np.repeat((one + other) / 2, len(_TILTS), axis=0)
    widths = np.linalg.norm(other - one, axis=1) + 2 * _CLEARANCE
    return GraspSet(
        np.repeat(pairs.facing, len(_TILTS)) * (approach @ _FORWARD),
        np.repeat(widths, len(_TILTS)),
        np.full(len(middles), _DEPTH),
        np.stack([approach, closing, np.cross(approach, closing)], axis=-1),
        middles - _DEPTH * approach,
    )
