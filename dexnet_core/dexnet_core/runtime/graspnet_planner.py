"""Grasps of a parallel jaw from a point cloud, in any direction, by a GraspNet."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
import math
import time
from typing import NamedTuple

from dexnet_core.geometry.camera import CameraIntrinsics, deproject, project
from dexnet_core.grasp import Grasp, GraspPlan, Gripper, PlanStatus, StageTimes
from dexnet_core.graspnet.antipodal import antipodal_pairs, DEPTH
from dexnet_core.graspnet.cloud import near_objects, sampled, usable_points
from dexnet_core.graspnet.collision import filled, Obstacles, obstacles_of
from dexnet_core.graspnet.decode import decode, Heads, on_objects, Seeds
from dexnet_core.graspnet.grasp_set import GraspSet, joined, no_grasps
from dexnet_core.graspnet.selection import approaching, OPTICAL_AXIS, suppressed
from dexnet_core.perception.segment import observe, within
from dexnet_core.runtime.graspnet_board import BoardGraspNet
from dexnet_core.runtime.graspnet_network import GraspNetNetwork, GraspNetTimes, Sensed
from dexnet_core.runtime.planner import status_without_objects
from dexnet_core.runtime.settings import GraspNetSettings
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]

_MESSAGES = {
    PlanStatus.OK: '',
    PlanStatus.NO_DEPTH: 'nothing was measured in the workspace or mask',
    PlanStatus.NO_OBJECT: 'no object: the mask is empty, nothing rises over the support plane, or'
    ' the network found only background',
    PlanStatus.NO_CANDIDATE: 'nothing scored {0.min_score} or more within the allowed tilt',
    PlanStatus.NO_ROOM: 'the gripper would hit what was seen on its way to every grasp, or'
    ' close on nothing',
}
_MOST_PAIRS = 256
"""Grasps on pairs of points that the network judges."""


class CloudTimes(NamedTuple):
    """Milliseconds spent on one cloud, in order."""

    network: GraspNetTimes
    select_ms: float


class CloudPlan(NamedTuple):
    """The answer to one cloud.

    Attributes:
        grasps: Best first.
        status: OK, or why there is no grasp.
        times: What each stage took.
    """

    grasps: GraspSet
    status: PlanStatus
    times: CloudTimes


class GraspNetPlanner:
    """Plans with one loaded GraspNet.

    Attributes:
        settings: How grasps are chosen.
    """

    def __init__(
        self, network: GraspNetNetwork | BoardGraspNet, settings: GraspNetSettings
    ) -> None:
        self._network = network
        self.settings = settings

    @property
    def model(self) -> str:
        """Name and version of the network."""
        return self._network.name

    @property
    def points(self) -> int:
        """Points of a cloud that the network looks at."""
        return self._network.design.points

    def with_settings(self, settings: GraspNetSettings) -> GraspNetPlanner:
        """Return a planner with other settings and the same network."""
        return GraspNetPlanner(self._network, settings)

    def plan(
        self,
        depth: NDArray[np.float32],
        camera: CameraIntrinsics,
        mask: NDArray[np.bool_] | None = None,
        chosen: bool = True,
    ) -> GraspPlan:
        """Plan grasps on one depth image.

        Args:
            depth: (H, W) metres along the optical axis; 0 where nothing was seen.
            camera: Intrinsics at the size of the image.
            mask: (H, W) True on what may be grasped; everything off the support plane without.
            chosen: False for every grasp that the network tells of, see `plan_points`.

        Raises:
            ValueError: Depth or mask are not of the camera's size.
        """
        camera.require_shape(depth.shape, 'depth')
        began = time.perf_counter()
        support, workspace = self.settings.support_height, self.settings.workspace
        observed = observe(depth, camera, mask, support, workspace)
        seen, inside = observed.depth > 0, within(depth, camera, workspace)
        points, around = near_objects(
            deproject(depth, camera)[seen], observed.objects[seen], inside[seen]
        )
        segmented = (time.perf_counter() - began) * 1e3
        plan = self.plan_points(points, chosen, around)
        if not len(points):
            plan = plan._replace(status=status_without_objects(bool(inside.any()), mask))
        return self.described(plan, camera, segmented)

    def plan_points(
        self, points: Points, chosen: bool = True, around: Points | None = None
    ) -> CloudPlan:
        """Plan grasps on points of the workspace.

        Args:
            points: (n, 3) metres in the optical frame; exactly as many as the network's design
                has (20,000 in graspnet-baseline) are taken as they are, in their order, of
                others as many are drawn.
            chosen: False for every grasp that the network tells of, good or bad, even where the
                gripper would hit something.
            around: (m, 3) all that the gripper may hit; the points without.

        Raises:
            ValueError: The points are of another shape, or cannot be metres.
        """
        points = usable_points(points)
        if not len(points):
            return _nothing(PlanStatus.NO_DEPTH)
        cloud = points
        if len(points) != self.points:
            cloud = sampled(points, self.points, np.random.default_rng(0))
        with ThreadPoolExecutor(max_workers=1) as beside:
            everything = points if around is None else around
            finding = beside.submit(self._surroundings, points, everything, chosen)
            sensed = self._network.sense(np.ascontiguousarray(cloud))
            began = time.perf_counter()
            seen, pairs = finding.result()
        waited = time.perf_counter() - began
        grasps, times = self._judged(sensed, pairs.take(slice(_MOST_PAIRS)))
        began = time.perf_counter() - waited
        status = PlanStatus.OK if len(grasps) else PlanStatus.NO_OBJECT
        if chosen and len(grasps):
            grasps, status = choose(grasps, seen, self.settings)
        return CloudPlan(grasps, status, CloudTimes(times, (time.perf_counter() - began) * 1e3))

    def _surroundings(
        self, points: Points, around: Points, chosen: bool
    ) -> tuple[Obstacles, GraspSet]:
        """Return what grippers may hit, and the pairs that the network will be asked about."""
        seen = obstacles_of(around)
        asked = chosen and self._network.constants.pairs > 0
        if not asked:
            return seen, no_grasps()
        widest = self._network.constants.maximum_width
        return seen, roomy_pairs(points, seen, self.settings, widest)

    def _judged(self, sensed: Sensed, pairs: GraspSet) -> tuple[GraspSet, GraspNetTimes]:
        """Return the grasps at seeds on objects and those on pairs, as the network likes them."""
        seeds = np.flatnonzero(on_objects(sensed.objectness))
        places, rotations = sensed.poses(seeds)
        heads, times = self._network.judge(
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

    def described(
        self, plan: CloudPlan, camera: CameraIntrinsics | None = None, segment_ms: float = 0.0
    ) -> GraspPlan:
        """Return a plan as all planners give it.

        Args:
            plan: In the optical frame.
            camera: What pixels of the grasps are told for; without, they are NaN and there is no
                heat map.
            segment_ms: What it took to find the points.
        """
        sampled_ms, *rest = plan.times.network
        times = StageTimes(segment_ms, sampled_ms, sum(rest), plan.times.select_ms)
        shape = camera.shape if camera else (0, 0)
        return GraspPlan(
            tuple(jaw_grasps(plan.grasps, camera)),
            plan.status,
            _MESSAGES[plan.status].format(self.settings),
            np.full(shape, np.nan, np.float32),
            self.model,
            times,
        )


def choose(
    grasps: GraspSet, seen: Obstacles, settings: GraspNetSettings
) -> tuple[GraspSet, PlanStatus]:
    """Return the grasps that differ, score enough and have room, at most as many as asked.

    Args:
        grasps: In the optical frame.
        seen: What grippers may hit.
        settings: What is enough.

    Returns:
        Grasps, best first, and OK or why there is none.
    """
    grasps = grasps.take(_asked(grasps, settings))
    if not len(grasps):
        return grasps, PlanStatus.NO_CANDIDATE
    room = _roomy(grasps, seen, settings)
    status = PlanStatus.OK if room.any() else PlanStatus.NO_ROOM
    grasps = suppressed(grasps.take(room), settings.spacing, math.degrees(settings.max_turn))
    return grasps.take(slice(settings.max_grasps)), status


def roomy_pairs(
    points: Points, seen: Obstacles, settings: GraspNetSettings, maximum_width: float
) -> GraspSet:
    """Return the grasps on antipodal pairs of points that have room, best first, not yet judged.

    Args:
        points: (n, 3) metres in the optical frame.
        seen: What grippers may hit.
        settings: Where grasps may come from, and what room is; not how good they must be.
        maximum_width: Metres that the jaw opens.
    """
    settings = replace(settings, min_score=0.0)
    pairs = antipodal_pairs(points.astype(float), np.random.default_rng(0), maximum_width)
    pairs = pairs.take(_asked(pairs, settings))
    return pairs.take(_roomy(pairs, seen, settings)).best_first()


def _asked(grasps: GraspSet, settings: GraspNetSettings) -> NDArray[np.bool_]:
    """Return (n,) which grasps score enough and come from where they may."""
    from_there = approaching(grasps, OPTICAL_AXIS, math.degrees(settings.max_tilt))
    return from_there & (grasps.scores >= settings.min_score)


def _roomy(grasps: GraspSet, seen: Obstacles, settings: GraspNetSettings) -> NDArray[np.bool_]:
    """Return (n,) which grasps have room, and something between the fingers."""
    share = filled(grasps, seen)
    return (share.gripper <= settings.max_filled) & (share.between >= settings.min_between)


def jaw_grasps(grasps: GraspSet, camera: CameraIntrinsics | None = None) -> list[Grasp]:
    """Return grasps in the frame of `dexnet_core.grasp`: x closes, z approaches.

    The origin moves from the grasp point on the surface to midway between the fingertips. Where
    the object will be touched is not predicted: contacts are where the open fingertips are, with
    normals towards the fingers. Scores stay GraspNet's own, which may be over 1.

    Args:
        grasps: In the optical frame.
        camera: What pixels are told for; NaN without.
    """
    poses = grasps.poses()
    pixels = np.full((len(grasps), 2), np.nan)
    if camera:
        pixels = project(poses[:, :3, 3], camera)
    sides = np.array([-1.0, 1.0])[:, None]
    return [
        Grasp(
            gripper=Gripper.PARALLEL_JAW,
            T_camera_grasp=T,
            score=float(score),
            pixel=(float(pixel[0]), float(pixel[1])),
            contacts=T[:3, 3] + sides * (width / 2 * T[:3, 0]),
            normals=sides * T[:3, 0],
            width=float(width),
            depth=float(depth),
        )
        for T, score, pixel, width, depth in zip(
            poses, grasps.scores, pixels, grasps.widths, grasps.depths, strict=True
        )
    ]


def _nothing(status: PlanStatus) -> CloudPlan:
    return CloudPlan(no_grasps(), status, CloudTimes(GraspNetTimes(), 0.0))
