"""Planner of parallel-jaw grasps in any direction, with a GraspNet and a grasp evaluator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import replace
from itertools import chain
import time

from dexnet_core.geometry.spacing import far_from
from dexnet_core.geometry.transform import invert
from dexnet_core.planning.grasp import GraspPlan, PlanStatus, StageTimes
from dexnet_core.planning.graspnet.cloud import usable_points
from dexnet_core.planning.graspnet.collision import Obstacles
from dexnet_core.planning.graspnet.grasp_set import concatenated, GraspSet, no_grasps
from dexnet_core.planning.graspnet.selection import approaching, distinct, OPTICAL_AXIS
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.networks.graspnet_board import BoardGraspNet
from dexnet_core.planning.networks.graspnet_network import GraspNetNetwork, GraspNetTimes
from dexnet_core.planning.networks.session import JawEvaluator
from dexnet_core.planning.observation import Observation
from dexnet_core.planning.planners.approach import Approach, main_approach
from dexnet_core.planning.planners.cloud_plan import (
    choose,
    CloudCandidates,
    CloudPlan,
    CloudTimes,
    jaw_grasps,
    Points,
    roomy,
)
from dexnet_core.planning.planners.empty_plans import nothing_to_grasp
from dexnet_core.planning.planners.failed_places import AVOIDED
from dexnet_core.planning.planners.fitted_grasps import JawFitter
from dexnet_core.planning.planners.graspnet_candidates import CandidateFinder, PairSearch
from dexnet_core.planning.planners.jaw_evaluation import ENOUGH_SCORE
from dexnet_core.planning.planners.jaw_placement import sent_pose
from dexnet_core.planning.planners.local_cloud import local_cloud, LocalCloud
from dexnet_core.planning.planners.planner import described, Stopwatch, wrong_settings
from dexnet_core.planning.planners.refusals import (
    BEYOND_MOST,
    LOW_SCORE,
    refusal_message,
    Refusals,
    REPEATED,
)
from dexnet_core.planning.planners.segmented_scene import segment_scene, SegmentedScene
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


class GraspNetPlanner:
    """Planner with one loaded GraspNet.

    With an evaluator, the grasps are jaws that are fitted to the surfaces along the main approach
    and, only if no usable one scores ENOUGH_SCORE, along the approaches of the network's grasps.
    Without one, they are the grasps of the network, which also scores grasps on pairs of points.
    All are checked with the robot's gripper.

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
        self._candidates = CandidateFinder(network, gripper)
        self._evaluator = evaluator
        self.settings = settings
        self.gripper = gripper or JawGripper()
        self._records_places = False

    @property
    def model(self) -> str:
        """Name and version of the network."""
        return self._candidates.model

    @property
    def points(self) -> int:
        """Number of points in the input of the network."""
        return self._candidates.points

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
        scene = segment_scene(observation, self.settings)
        watch.lap('segment')
        if not scene.has_objects:
            return nothing_to_grasp(scene, self.settings, self.model, watch.times)
        approach = main_approach(scene, self.settings)
        local = local_cloud(scene, approach.direction)
        watch.lap('view')
        if self._evaluator is None:
            candidates, usable = self._of_network(local, refused, watch)
        else:
            fitter = JawFitter(scene, self.gripper, self._evaluator)
            candidates, usable = self._fitted(fitter, approach, local, refused, watch)
        grasps = self._best(usable, refused)
        watch.lap('choose')
        status = _status(candidates, grasps, refused.counts)
        return replace(
            self._as_plan(grasps, local, scene, status),
            message=self._message(status, refused),
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
        scene = segment_scene(observation, self.settings)
        if not scene.has_objects:
            return nothing_to_grasp(scene, self.settings, self.model, StageTimes())
        local = local_cloud(scene, main_approach(scene, self.settings).direction)
        found = self._candidates.every(local.nearby.points, local.nearby.around)
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
        if chosen:
            pairs = PairSearch(self.settings, OPTICAL_AXIS)
            found = self._candidates.likely(points, around, pairs)
        else:
            found = self._candidates.every(points, around)
        began = time.perf_counter()
        grasps = found.grasps
        status = PlanStatus.OK if len(grasps) else PlanStatus.NO_OBJECT
        if chosen and len(grasps):
            grasps, status = choose(grasps, found.obstacles, self.settings)
        select_ms = (time.perf_counter() - began) * 1e3 + found.waited_ms
        return CloudPlan(grasps, status, CloudTimes(found.network, select_ms))

    def _of_network(
        self, local: LocalCloud, refused: Refusals, watch: Stopwatch
    ) -> tuple[int, GraspSet]:
        """Return the number of grasps of the network, and those that can be used."""
        found = self._found_near(local, watch)
        return len(found.grasps), self._usable(found.grasps, found.obstacles, local, refused)

    def _fitted(
        self,
        fitter: JawFitter,
        approach: Approach,
        local: LocalCloud,
        refused: Refusals,
        watch: Stopwatch,
    ) -> tuple[int, GraspSet]:
        """Return the number of candidates, and the fitted jaws that can be used."""
        with ThreadPoolExecutor(max_workers=1) as beside:
            fitting = beside.submit(fitter.along, approach.direction, no_grasps())
            found = self._found_near(local, watch)
            first = fitting.result()
        candidates, usable = len(found.grasps), no_grasps()
        for jaws in chain([first], self._more(fitter, found.grasps, local)):
            candidates += len(jaws)
            here = jaws.moved(invert(local.T_frame_camera))
            usable = concatenated([usable, self._usable(here, found.obstacles, local, refused)])
            if usable.scores.max(initial=0.0) >= ENOUGH_SCORE:
                break
        watch.lap('fit')
        return candidates, usable

    def _more(self, fitter: JawFitter, grasps: GraspSet, local: LocalCloud) -> Iterator[GraspSet]:
        """Yield the jaws along each approach that the network proposes."""
        proposed = self._proposed(grasps, local)
        yield from fitter.along_proposed(proposed.moved(local.T_frame_camera))

    def _proposed(self, grasps: GraspSet, local: LocalCloud) -> GraspSet:
        """Return the different grasps of the network that the gripper may approach, best first."""
        fits = grasps.widths <= self.gripper.max_opening
        fits &= approaching(grasps, local.direction, np.degrees(self.settings.max_tilt))
        ordered = grasps.take(fits).best_first()
        return ordered.take(self._distinct(ordered))

    def _found_near(self, local: LocalCloud, watch: Stopwatch) -> CloudCandidates:
        """Return the grasps of the network and, without an evaluator, those on pairs."""
        pairs = None if self._evaluator else PairSearch(self.settings, local.direction)
        found = self._candidates.likely(local.nearby.points, local.nearby.around, pairs)
        watch.skip(found.times)
        return found

    def _usable(
        self, grasps: GraspSet, seen: Obstacles, local: LocalCloud, refused: Refusals
    ) -> GraspSet:
        """Return the grasps that fit the gripper, are allowed, have room and did not fail."""
        angle = np.degrees(self.settings.max_tilt)
        for name, passes in (
            (TOO_WIDE, lambda some: some.widths <= self.gripper.max_opening),
            (STEEP, lambda some: approaching(some, local.direction, angle)),
            (NO_ROOM, lambda some: roomy(some, seen, self.settings)),
            (AVOIDED, lambda some: far_from(some.tips(), local.avoid, self.settings.avoid_radius)),
        ):
            passed = passes(grasps) if len(grasps) else np.empty(0, bool)
            grasps = refused.keep_passed(name, grasps, passed)
        return grasps

    def _best(self, grasps: GraspSet, refused: Refusals) -> GraspSet:
        """Return the grasps with enough score after NMS, best first, at most max_grasps."""
        enough = refused.keep_passed(LOW_SCORE, grasps, grasps.scores >= self.settings.min_score)
        apart = self._suppressed(enough, refused)
        return refused.first(BEYOND_MOST, apart, self.settings.max_grasps)

    def _suppressed(self, grasps: GraspSet, refused: Refusals) -> GraspSet:
        ordered = grasps.best_first()
        return refused.keep_passed(REPEATED, ordered, self._distinct(ordered))

    def _distinct(self, ordered: GraspSet) -> NDArray[np.bool_]:
        return distinct(ordered, self.settings.spacing, np.degrees(self.settings.max_turn))

    def _message(self, status: PlanStatus, refused: Refusals) -> str:
        message = _MESSAGES[status].format(self.settings)
        if status is not PlanStatus.NO_ROOM:
            return message
        return refusal_message(refused.counts, self.settings, message)

    def _as_plan(
        self, grasps: GraspSet, local: LocalCloud, scene: SegmentedScene, status: PlanStatus
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


def _status(candidates: int, grasps: GraspSet, refused: Mapping[str, int]) -> PlanStatus:
    if len(grasps):
        return PlanStatus.OK
    if not candidates:
        return PlanStatus.NO_OBJECT
    return PlanStatus.NO_CANDIDATE if refused.get(LOW_SCORE) else PlanStatus.NO_ROOM
