"""Selection of the grasps that were planned on a point cloud: score, collisions and NMS."""

from __future__ import annotations

from dataclasses import replace
import math
from typing import NamedTuple

from dexnet_core.geometry.camera import CameraIntrinsics, project
from dexnet_core.planning.grasp import Grasp, GripperKind, PlanStatus, StageTimes
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
    """The result of planning on one cloud.

    Attributes:
        grasps: Best first, in the optical frame.
        status: OK, or why there is no grasp.
        times: Duration of each stage.
    """

    grasps: GraspSet
    status: PlanStatus
    times: CloudTimes


class CloudCandidates(NamedTuple):
    """Grasp candidates of the network for a cloud.

    Attributes:
        grasps: Best first, in the frame of the cloud.
        obstacles: Points that grippers may hit.
        network: Milliseconds of the stages of the network.
        waited_ms: Milliseconds waited for pairs.
    """

    grasps: GraspSet
    obstacles: Obstacles
    network: GraspNetTimes
    waited_ms: float

    @property
    def times(self) -> StageTimes:
        """Milliseconds of each stage by its name."""
        named = {name.removesuffix('_ms'): ms for name, ms in self.network._asdict().items()}
        return StageTimes(named | {'pairs': self.waited_ms})


def collision_settings(gripper: JawGripper) -> CollisionSettings:
    """Return the settings of the collision check for a gripper."""
    return CollisionSettings(
        finger_thickness=gripper.finger_thickness,
        finger_length=gripper.finger_length,
        height=gripper.finger_width,
    )


def choose(
    grasps: GraspSet, obstacles: Obstacles, settings: GraspNetSettings
) -> tuple[GraspSet, PlanStatus]:
    """Return the grasps with enough score and room after NMS, at most max_grasps.

    Args:
        grasps: Grasps in the optical frame.
        obstacles: Points that grippers may hit.
        settings: Thresholds of the selection.

    Returns:
        Grasps, best first, and OK or why there is none.
    """
    grasps = grasps.take(_acceptable(grasps, settings, OPTICAL_AXIS))
    if not len(grasps):
        return grasps, PlanStatus.NO_CANDIDATE
    room = roomy(grasps, obstacles, settings)
    status = PlanStatus.OK if room.any() else PlanStatus.NO_ROOM
    grasps = suppressed(grasps.take(room), settings.spacing, math.degrees(settings.max_turn))
    return grasps.take(slice(settings.max_grasps)), status


def roomy_pairs(
    points: Points,
    obstacles: Obstacles,
    settings: GraspNetSettings,
    maximum_width: float,
    forward: NDArray[np.float64] = OPTICAL_AXIS,
) -> GraspSet:
    """Return the grasps on antipodal pairs of points that have room, best pair first.

    Args:
        points: (n, 3) metres in the optical frame.
        obstacles: Points that grippers may hit.
        settings: Limits of the approach and of collisions; min_score is ignored.
        maximum_width: Maximum opening of the jaw in metres.
        forward: (3,) unit main approach direction.
    """
    settings = replace(settings, min_score=0.0)
    pairs = antipodal_pairs(points.astype(float), np.random.default_rng(0), maximum_width, forward)
    pairs = pairs.take(_acceptable(pairs, settings, forward))
    return pairs.take(roomy(pairs, obstacles, settings)).best_first()


def _acceptable(
    grasps: GraspSet, settings: GraspNetSettings, forward: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return the (n,) mask of grasps with enough score and an allowed approach."""
    allowed = approaching(grasps, forward, math.degrees(settings.max_tilt))
    return allowed & (grasps.scores >= settings.min_score)


def roomy(grasps: GraspSet, obstacles: Obstacles, settings: GraspNetSettings) -> NDArray[np.bool_]:
    """Return the (n,) mask of grasps with room, and with points between the fingers."""
    share = filled(grasps, obstacles)
    return (share.gripper <= settings.max_filled) & (share.between >= settings.min_between)


def jaw_grasps(grasps: GraspSet, camera: CameraIntrinsics | None = None) -> list[Grasp]:
    """Convert grasps to the convention of `dexnet_core.planning.grasp`: x closing, z approach.

    The origin moves from the grasp point on the surface to midway between the fingertips. The
    contacts on the object are not predicted: contacts are the positions of the open fingertips,
    with normals towards the fingers. Scores are those of GraspNet, which may exceed 1.

    Args:
        grasps: Grasps in the optical frame.
        camera: Camera of the pixels of grasps; without it, pixels are NaN.
    """
    poses = grasps.poses()
    pixels = np.full((len(grasps), 2), np.nan)
    if camera:
        pixels = project(poses[:, :3, 3], camera)
    sides = np.array([-1.0, 1.0])[:, None]
    return [
        Grasp(
            gripper=GripperKind.PARALLEL_JAW,
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
