"""Baseline planners on point clouds without learning: antipodal point pairs, and random grasps."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
import math
import time
from typing import Protocol

from dexnet_core.planning.grasp import PlanStatus
from dexnet_core.planning.graspnet.antipodal_pairs import antipodal_pairs
from dexnet_core.planning.graspnet.approach_directions import grasp_rotations, grasp_views
from dexnet_core.planning.graspnet.cloud import sampled, usable_points
from dexnet_core.planning.graspnet.collision import obstacles_of
from dexnet_core.planning.graspnet.constants import BASELINE
from dexnet_core.planning.graspnet.grasp_set import GraspSet, no_grasps
from dexnet_core.planning.graspnet.selection import OPTICAL_AXIS
from dexnet_core.planning.networks.graspnet_network import GraspNetTimes
from dexnet_core.planning.planners.cloud_plan import choose, CloudPlan, CloudTimes
from dexnet_core.planning.planners.settings import GraspNetSettings
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Sampler = Callable[[Floats, np.random.Generator], GraspSet]

_RANDOM = 1000


class PointPlanner(Protocol):
    """Protocol of planners on point clouds, such as `GraspNetPlanner`."""

    def plan_points(self, points: NDArray[np.float32]) -> CloudPlan:
        """Return grasps, best first, on (n, 3) points in the optical frame, metres."""


class SamplingPlanner:
    """Selects among the grasps of a sampler with the selection of `GraspNetPlanner`."""

    def __init__(self, sampler: Sampler, settings: GraspNetSettings) -> None:
        self._sampler = sampler
        self._settings = settings

    def plan_points(self, points: NDArray[np.float32]) -> CloudPlan:
        """Return distinct, collision-free grasps, best first.

        Equal clouds give equal plans.

        Raises:
            ValueError: The shape of the points is wrong, or their values cannot be metres.
        """
        began = time.perf_counter()
        points = usable_points(points)
        drawn = self._sampler(np.asarray(points, float), np.random.default_rng(0))
        if len(points):
            grasps, status = choose(drawn, obstacles_of(points), self._settings)
        else:
            grasps, status = drawn, PlanStatus.NO_DEPTH
        elapsed = (time.perf_counter() - began) * 1e3
        return CloudPlan(grasps, status, CloudTimes(GraspNetTimes(), elapsed))


def antipodal_planner(settings: GraspNetSettings) -> SamplingPlanner:
    """Return a planner of point pairs with opposing normals."""
    return SamplingPlanner(antipodal_pairs, settings)


def random_planner(settings: GraspNetSettings) -> SamplingPlanner:
    """Return a planner of random grasps; only collisions are checked."""
    return SamplingPlanner(partial(random_grasps, tilt=settings.max_tilt), settings)


def random_grasps(points: Floats, rng: np.random.Generator, tilt: float) -> GraspSet:
    """Return grasps of random width, depth, point and approach.

    Args:
        points: (n, 3) metres in the optical frame.
        rng: Random number generator.
        tilt: Largest angle between approach and optical axis, radians.
    """
    if not len(points):
        return no_grasps()
    approaches = -grasp_views()
    approaches = approaches[approaches @ OPTICAL_AXIS >= math.cos(tilt)]
    chosen = approaches[rng.integers(len(approaches), size=_RANDOM)]
    return GraspSet(
        rng.uniform(size=_RANDOM),
        rng.uniform(0, BASELINE.maximum_width, _RANDOM),
        rng.choice([0.01, 0.02, 0.03, 0.04], _RANDOM),
        grasp_rotations(chosen, rng.uniform(0, np.pi, _RANDOM)),
        sampled(points, _RANDOM, rng),
    )
