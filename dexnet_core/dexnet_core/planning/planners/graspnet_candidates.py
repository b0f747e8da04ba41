"""Grasp candidates of a GraspNet in a cloud, and on antipodal pairs of points that it scores."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
import time
from typing import NamedTuple

from dexnet_core.planning.graspnet.antipodal_pairs import DEPTH
from dexnet_core.planning.graspnet.cloud import sampled
from dexnet_core.planning.graspnet.collision import CollisionSettings, Obstacles, obstacles_of
from dexnet_core.planning.graspnet.decode import decode, Heads, likely_seeds, Seeds
from dexnet_core.planning.graspnet.grasp_set import GraspSet, joined, no_grasps
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.networks.graspnet_board import BoardGraspNet
from dexnet_core.planning.networks.graspnet_network import GraspNetNetwork, GraspNetTimes, Sensed
from dexnet_core.planning.planners.cloud_plan import (
    CloudCandidates,
    collision_settings,
    Points,
    roomy_pairs,
)
from dexnet_core.planning.planners.settings import GraspNetSettings
import numpy as np
from numpy.typing import NDArray

_LEAST_SEEDS = 32
"""Minimum number of seeds to evaluate if the network finds fewer on objects; there are objects."""
_MOST_PAIRS = 256
"""Maximum number of grasps on pairs of points that the network scores."""


class PairSearch(NamedTuple):
    """A search for grasps on antipodal pairs of points.

    Attributes:
        settings: Limits of the approach and of collisions.
        forward: (3,) unit main approach direction, in the frame of the cloud.
    """

    settings: GraspNetSettings
    forward: NDArray[np.float64]


class CandidateFinder:
    """Finds the grasps of one GraspNet.

    Attributes:
        gripper: The robot's gripper.
    """

    def __init__(
        self, network: GraspNetNetwork | BoardGraspNet, gripper: JawGripper | None = None
    ) -> None:
        """Take a loaded network, and the robot's gripper; None for the usual one."""
        self._network = network
        self.gripper = gripper or JawGripper()
        self._collisions = collision_settings(gripper) if gripper else CollisionSettings()

    @property
    def model(self) -> str:
        """Name and version of the network."""
        return self._network.name

    @property
    def points(self) -> int:
        """Number of points in the input of the network."""
        return self._network.design.points

    def every(self, points: Points, around: Points) -> CloudCandidates:
        """Return the grasps at all seeds that are probably on objects.

        Args:
            points: (n, 3) metres, the input of the network; n is at least 1.
            around: (m, 3) metres, points that the gripper may hit.
        """
        return self._found(points, around, 0, None)

    def likely(self, points: Points, around: Points, pairs: PairSearch | None) -> CloudCandidates:
        """Return the grasps at the seeds that are most probably on objects, and those on pairs.

        Args:
            points: (n, 3) metres, the input of the network; n is at least 1.
            around: (m, 3) metres, points that the gripper may hit.
            pairs: Search for pairs; None for none. Networks whose constants exclude pairs have
                none either.
        """
        return self._found(points, around, _LEAST_SEEDS, pairs)

    def _found(
        self, points: Points, around: Points, least_seeds: int, search: PairSearch | None
    ) -> CloudCandidates:
        cloud = points
        if len(points) != self.points:
            cloud = sampled(points, self.points, np.random.default_rng(0))
        with ThreadPoolExecutor(max_workers=1) as beside:
            finding = beside.submit(self._surroundings, points, around, search)
            sensed = self._network.sense(np.ascontiguousarray(cloud))
            began = time.perf_counter()
            seen, pairs = finding.result()
        waited_ms = (time.perf_counter() - began) * 1e3
        seeds = likely_seeds(sensed.objectness, least_seeds)
        grasps, network = self._scored(sensed, seeds, pairs.take(slice(_MOST_PAIRS)))
        return CloudCandidates(grasps, seen, network, waited_ms)

    def _surroundings(
        self, points: Points, around: Points, search: PairSearch | None
    ) -> tuple[Obstacles, GraspSet]:
        """Return the points that grippers may hit, and the pairs that the network scores."""
        seen = obstacles_of(around, self._collisions)
        if search is None or not self._network.constants.pairs > 0:
            return seen, no_grasps()
        widest = min(self._network.constants.maximum_width, self.gripper.max_opening)
        return seen, roomy_pairs(points, seen, search.settings, widest, search.forward)

    def _scored(
        self, sensed: Sensed, seeds: NDArray[np.intp], pairs: GraspSet
    ) -> tuple[GraspSet, GraspNetTimes]:
        """Return the grasps at seeds and those on pairs, with the scores of the network."""
        places, rotations = sensed.poses(seeds)
        heads, times = self._network.evaluate_seeds(
            sensed,
            np.concatenate([places, pairs.points]).astype(np.float32),
            np.concatenate([rotations, pairs.rotations]).astype(np.float32),
        )
        at_seeds = Heads(*(head[: len(seeds)] for head in heads))
        where = Seeds(places, sensed.views[seeds])
        constants, design = self._network.constants, self._network.design
        grasps = decode(where, at_seeds, constants, design)
        level = int(np.abs(np.subtract(design.depths, DEPTH)).argmin())
        quality = heads.score[len(seeds) :, level, 0]
        pairs = replace(pairs, scores=pairs.scores + constants.pairs * quality)
        return joined(grasps, pairs), times
