"""Planner of parallel-jaw grasps in any direction, with a GraspNet and a grasp evaluator."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import replace
import time

from dexnet_core.geometry.spacing import far_from
from dexnet_core.planning.grasp import GraspPlan, PlanStatus, StageTimes
from dexnet_core.planning.graspnet.antipodal_pairs import DEPTH
from dexnet_core.planning.graspnet.cloud import sampled, usable_points
from dexnet_core.planning.graspnet.collision import CollisionSettings, Obstacles, obstacles_of
from dexnet_core.planning.graspnet.decode import decode, Heads, likely_seeds, Seeds
from dexnet_core.planning.graspnet.grasp_set import GraspSet, joined, no_grasps
from dexnet_core.planning.graspnet.selection import approaching, distinct, OPTICAL_AXIS
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.networks.graspnet_board import BoardGraspNet
from dexnet_core.planning.networks.graspnet_network import GraspNetNetwork, GraspNetTimes, Sensed
from dexnet_core.planning.networks.session import JawEvaluator
from dexnet_core.planning.observation import Observation
from dexnet_core.planning.perception.jaw_patch import context_of_poses, patches_of_points
from dexnet_core.planning.planners.approach import main_approach
from dexnet_core.planning.planners.cloud_plan import (
    choose,
    CloudCandidates,
    CloudPlan,
    CloudTimes,
    collision_settings,
    jaw_grasps,
    Points,
    roomy,
    roomy_pairs,
)
from dexnet_core.planning.planners.empty_plans import nothing_to_grasp
from dexnet_core.planning.planners.failed_places import AVOIDED
from dexnet_core.planning.planners.jaw_placement import sent_pose
from dexnet_core.planning.planners.local_cloud import local_cloud, LocalCloud
from dexnet_core.planning.planners.observed_scene import see, SeenScene
from dexnet_core.planning.planners.planner import described, Stopwatch, wrong_settings
from dexnet_core.planning.planners.refusals import (
    BEYOND_MOST,
    LOW_SCORE,
    NOT_EVALUATED,
    Refusals,
    REPEATED,
)
from dexnet_core.planning.planners.settings import GraspNetSettings, PlannerSettings
import numpy as np
from numpy.typing import NDArray

STEEP, TOO_WIDE, NO_ROOM = 'steep', 'too wide', 'no room'
"""Names of the filters of grasps."""

_MESSAGES = {
    PlanStatus.OK: '',
    PlanStatus.NO_OBJECT: 'no object: the network found only background',
    PlanStatus.NO_CANDIDATE: 'nothing scored {0.min_score} or more',
    PlanStatus.NO_ROOM: 'every grasp is too wide for the gripper, exceeds max_tilt, collides with'
    ' measured points or has no points between the fingers',
}
_LEAST_SEEDS = 32
"""Minimum number of seeds to evaluate if the network finds fewer on objects; there are objects."""
_MOST_PAIRS = 256
"""Maximum number of grasps on pairs of points that the network scores."""
_EVALUATED = 48
"""Maximum number of grasps that are evaluated; more if max_grasps is greater."""


class GraspNetPlanner:
    """Planner with one loaded GraspNet.

    The grasps of the network and of pairs of points are checked with the robot's gripper. If there
    is an evaluator, it evaluates the best grasps, and its score replaces that of the network.

    Attributes:
        settings: Settings of the planner.
        gripper: The robot's gripper.
    """

    def __init__(
        self,
        network: GraspNetNetwork | BoardGraspNet,
        settings: GraspNetSettings,
        evaluator: JawEvaluator | None = None,
        gripper: JawGripper | None = None,
    ) -> None:
        self._network = network
        self._evaluator = evaluator
        self._given = gripper
        self.settings = settings
        self.gripper = gripper or JawGripper()
        self._collisions = collision_settings(gripper) if gripper else CollisionSettings()
        self._records_places = False

    @property
    def model(self) -> str:
        """Name and version of the network."""
        return self._network.name

    @property
    def points(self) -> int:
        """Number of points in the input of the network."""
        return self._network.design.points

    def with_settings(self, settings: PlannerSettings) -> GraspNetPlanner:
        """Return a planner with other settings; ValueError if they are for another kind."""
        if not isinstance(settings, GraspNetSettings):
            raise wrong_settings(settings, self.settings)
        other = copy(self)
        other.settings = settings
        return other

    def with_refused_places(self) -> GraspNetPlanner:
        """Return the same planner, whose plans have `refused_places`."""
        other = copy(self)
        other._records_places = True
        return other

    def plan(self, observation: Observation) -> GraspPlan:
        """Return the best grasps in the frame of the observation, or why there is none.

        Raises:
            ValueError: The observation cannot be used; the message gives the reason.
        """
        watch, refused = Stopwatch(), Refusals(self._records_places)
        scene = see(observation, self.settings)
        watch.lap('segment')
        if not scene.has_objects:
            return nothing_to_grasp(scene, self.settings, self.model, watch.times)
        approach = main_approach(scene, self.settings)
        local = local_cloud(scene, approach.direction)
        watch.lap('view')
        found = self._found(local.nearby.points, local.nearby.around, local.direction)
        watch.skip(found.times)
        grasps = self._usable(found, local, refused)
        grasps = self._best(self._evaluated(grasps, local, refused), refused)
        watch.lap('choose')
        status = _status(found, grasps, refused.counts)
        return replace(
            self._as_plan(grasps, local, scene, status),
            times=watch.times,
            refused=refused.counts,
            approach=approach.comes_from,
            refused_places=refused.places.moved(local.T_frame_camera),
        )

    def every_grasp(self, observation: Observation) -> GraspPlan:
        """Return every grasp that the network predicts, good or bad, also those that collide.

        Raises:
            ValueError: The observation cannot be used; the message gives the reason.
        """
        scene = see(observation, self.settings)
        if not scene.has_objects:
            return nothing_to_grasp(scene, self.settings, self.model, StageTimes())
        local = local_cloud(scene, main_approach(scene, self.settings).direction)
        found = self._found(local.nearby.points, local.nearby.around)
        status = PlanStatus.OK if len(found.grasps) else PlanStatus.NO_OBJECT
        return replace(self._as_plan(found.grasps, local, scene, status), times=found.times)

    def plan_points(
        self, points: Points, chosen: bool = True, around: Points | None = None
    ) -> CloudPlan:
        """Plan on a prepared cloud as the benchmark of GraspNet-1Billion does, without evaluator.

        Args:
            points: (n, 3) metres in the optical frame. If n is the number in the network's design
                (20,000 in graspnet-baseline), they are used unchanged, in their order; otherwise
                this number is sampled.
            chosen: False for every grasp that the network predicts, good or bad, also those that
                collide.
            around: (m, 3) metres, points that the gripper may hit; None for `points`.

        Raises:
            ValueError: The points have another shape, or cannot be in metres.
        """
        points = usable_points(points)
        if not len(points):
            return CloudPlan(no_grasps(), PlanStatus.NO_DEPTH, CloudTimes(GraspNetTimes(), 0.0))
        around = points if around is None else around
        found = self._found(points, around, OPTICAL_AXIS if chosen else None)
        began = time.perf_counter()
        grasps = found.grasps
        status = PlanStatus.OK if len(grasps) else PlanStatus.NO_OBJECT
        if chosen and len(grasps):
            grasps, status = choose(grasps, found.seen, self.settings)
        select_ms = (time.perf_counter() - began) * 1e3 + found.waited_ms
        return CloudPlan(grasps, status, CloudTimes(found.network, select_ms))

    def _found(
        self, points: Points, around: Points, forward: NDArray[np.float64] | None = None
    ) -> CloudCandidates:
        """Return the grasps of the network and, if a direction (3,) is given, those of pairs."""
        cloud = points
        if len(points) != self.points:
            cloud = sampled(points, self.points, np.random.default_rng(0))
        with ThreadPoolExecutor(max_workers=1) as beside:
            finding = beside.submit(self._surroundings, points, around, forward)
            sensed = self._network.sense(np.ascontiguousarray(cloud))
            began = time.perf_counter()
            seen, pairs = finding.result()
        waited_ms = (time.perf_counter() - began) * 1e3
        least = 0 if forward is None else _LEAST_SEEDS
        seeds = likely_seeds(sensed.objectness, least)
        grasps, network = self._scored(sensed, seeds, pairs.take(slice(_MOST_PAIRS)))
        return CloudCandidates(grasps, seen, network, waited_ms)

    def _surroundings(
        self, points: Points, around: Points, forward: NDArray[np.float64] | None
    ) -> tuple[Obstacles, GraspSet]:
        """Return the points that grippers may hit, and the pairs that the network evaluates."""
        seen = obstacles_of(around, self._collisions)
        if forward is None or not self._network.constants.pairs > 0:
            return seen, no_grasps()
        widest = min(self._network.constants.maximum_width, self.gripper.max_opening)
        return seen, roomy_pairs(points, seen, self.settings, widest, forward)

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

    def _usable(self, found: CloudCandidates, local: LocalCloud, refused: Refusals) -> GraspSet:
        """Return the grasps that fit the gripper, have an allowed approach and have room."""
        grasps, angle = found.grasps, np.degrees(self.settings.max_tilt)
        for name, passes in (
            (TOO_WIDE, lambda some: some.widths <= self.gripper.max_opening),
            (STEEP, lambda some: approaching(some, local.direction, angle)),
            (NO_ROOM, lambda some: roomy(some, found.seen, self.settings)),
            (AVOIDED, lambda some: far_from(some.tips(), local.avoid, self.settings.avoid_radius)),
        ):
            passed = passes(grasps) if len(grasps) else np.empty(0, bool)
            grasps = refused.keep_passed(name, grasps, passed)
        return grasps

    def _evaluated(self, grasps: GraspSet, local: LocalCloud, refused: Refusals) -> GraspSet:
        """Return the best grasps with the scores of the evaluator, if there is one."""
        if self._evaluator is None or not len(grasps):
            return grasps
        most = max(_EVALUATED, self.settings.max_grasps)
        best = refused.first(NOT_EVALUATED, self._suppressed(grasps, refused), most)
        poses, contract = best.poses(), self._evaluator.contract.scaled(self.gripper)
        patches = patches_of_points(local.nearby.around, poses, best.widths, contract)
        context = context_of_poses(poses, best.scores.clip(0, 1), local.down, contract)
        return replace(best, scores=self._evaluator.run(patches, context).astype(float))

    def _best(self, grasps: GraspSet, refused: Refusals) -> GraspSet:
        """Return the grasps with enough score after NMS, best first, at most max_grasps."""
        enough = refused.keep_passed(LOW_SCORE, grasps, grasps.scores >= self.settings.min_score)
        apart = self._suppressed(enough, refused)
        return refused.first(BEYOND_MOST, apart, self.settings.max_grasps)

    def _suppressed(self, grasps: GraspSet, refused: Refusals) -> GraspSet:
        ordered = grasps.best_first()
        kept = distinct(ordered, self.settings.spacing, np.degrees(self.settings.max_turn))
        return refused.keep_passed(REPEATED, ordered, kept)

    def _as_plan(
        self, grasps: GraspSet, local: LocalCloud, scene: SeenScene, status: PlanStatus
    ) -> GraspPlan:
        moved = (grasp.moved(local.T_frame_camera) for grasp in jaw_grasps(grasps, None))
        sent = (
            replace(grasp, T_camera_grasp=sent_pose(grasp.T_camera_grasp, self.gripper))
            for grasp in moved
        )
        return GraspPlan(
            tuple(described(grasp, scene) for grasp in sent),
            status,
            _MESSAGES[status].format(self.settings),
            np.empty((0, 0), np.float32),
            self.model,
            jaw=self.gripper,
        )


def _status(found: CloudCandidates, grasps: GraspSet, refused: Mapping[str, int]) -> PlanStatus:
    if len(grasps):
        return PlanStatus.OK
    if not len(found.grasps):
        return PlanStatus.NO_OBJECT
    return PlanStatus.NO_CANDIDATE if refused.get(LOW_SCORE) else PlanStatus.NO_ROOM
