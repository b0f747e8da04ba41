"""Grasps that were planned on a point cloud: which differ, score enough and have room."""

from __future__ import annotations

from dataclasses import replace
import math
from typing import NamedTuple

from dexnet_core.geometry.camera import CameraIntrinsics, project
from dexnet_core.planning.grasp import Grasp, Gripper, PlanStatus, StageTimes
from dexnet_core.planning.graspnet.antipodal_pairs import antipodal_pairs
from dexnet_core.planning.graspnet.collision import CollisionSettings, filled, Obstacles
from dexnet_core.planning.graspnet.grasp_set import GraspSet
from dexnet_core.planning.graspnet.selection import approaching, OPTICAL_AXIS, suppressed
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.networks.graspnet_network import GraspNetTimes
from dexnet_core.planning.planners.settings import GraspNetSettings
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]


class CloudTimes(NamedTuple):
    """Milliseconds spent on one cloud, in order."""

    network: GraspNetTimes
    select_ms: float


class CloudPlan(NamedTuple):
    """The answer to one cloud.

    Attributes:
        grasps: Best first, in the optical frame.
        status: OK, or why there is no grasp.
        times: What each stage took.
    """

    grasps: GraspSet
    status: PlanStatus
    times: CloudTimes


class CloudCandidates(NamedTuple):
    """What the network says of a cloud.

    Attributes:
        grasps: Best first, in the frame of the cloud.
        seen: What grippers may hit.
        network: Milliseconds of the stages of the network.
        waited_ms: Milliseconds waited for pairs.
    """

    grasps: GraspSet
    seen: Obstacles
    network: GraspNetTimes
    waited_ms: float

    @property
    def times(self) -> StageTimes:
        """Milliseconds of each stage by its name."""
        named = {name.removesuffix('_ms'): ms for name, ms in self.network._asdict().items()}
        return StageTimes(named | {'pairs': self.waited_ms})


def collision_settings(gripper: JawGripper) -> CollisionSettings:
    """Return the lengths of a gripper that the check for collisions knows."""
    return CollisionSettings(
        finger_thickness=gripper.finger_thickness,
        finger_length=gripper.finger_length,
        height=gripper.finger_width,
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
    grasps = grasps.take(_asked(grasps, settings, OPTICAL_AXIS))
    if not len(grasps):
        return grasps, PlanStatus.NO_CANDIDATE
    room = roomy(grasps, seen, settings)
    status = PlanStatus.OK if room.any() else PlanStatus.NO_ROOM
    grasps = suppressed(grasps.take(room), settings.spacing, math.degrees(settings.max_turn))
    return grasps.take(slice(settings.max_grasps)), status


def roomy_pairs(
    points: Points,
    seen: Obstacles,
    settings: GraspNetSettings,
    maximum_width: float,
    forward: NDArray[np.float64] = OPTICAL_AXIS,
) -> GraspSet:
    """Return the grasps on antipodal pairs of points that have room, best pair first.

    Args:
        points: (n, 3) metres in the optical frame.
        seen: What grippers may hit.
        settings: Where grasps may come from, and what room is; not how good they must be.
        maximum_width: Metres that the jaw opens.
        forward: (3,) unit direction that grasps come along or near.
    """
    settings = replace(settings, min_score=0.0)
    pairs = antipodal_pairs(points.astype(float), np.random.default_rng(0), maximum_width, forward)
    pairs = pairs.take(_asked(pairs, settings, forward))
    return pairs.take(roomy(pairs, seen, settings)).best_first()


def _asked(
    grasps: GraspSet, settings: GraspNetSettings, forward: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return (n,) which grasps score enough and come from where they may."""
    from_there = approaching(grasps, forward, math.degrees(settings.max_tilt))
    return from_there & (grasps.scores >= settings.min_score)


def roomy(grasps: GraspSet, seen: Obstacles, settings: GraspNetSettings) -> NDArray[np.bool_]:
    """Return (n,) which grasps have room, and something between the fingers."""
    share = filled(grasps, seen)
    return (share.gripper <= settings.max_filled) & (share.between >= settings.min_between)


def jaw_grasps(grasps: GraspSet, camera: CameraIntrinsics | None = None) -> list[Grasp]:
    """Return grasps in the frame of `dexnet_core.planning.grasp`: x closes, z approaches.

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
