"""The service plan_grasps: a request's own choices for one plan."""

from __future__ import annotations

import traceback
from typing import Protocol

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.grasp import GraspPlan, PlanStatus
from dexnet_core.runtime.clouds import CloudPlanner, plan_cloud
from dexnet_core.runtime.request import move_plan, refused, Region, restrict, where_to_plan
from dexnet_core.runtime.settings import PlannerSettings
from dexnet_msgs.srv import PlanGrasps
from dexnet_ros.conversions import plan_to_msg, region_from_msg
from dexnet_ros.frames import FrameLookup
from dexnet_ros.latest_input import CloudInput, LatestInput, plan_input, PlanInput
import numpy as np
from numpy.typing import NDArray
from rclpy.logging import get_logger
from sensor_msgs.msg import Image, PointCloud2
from std_msgs.msg import Header


class Planner(Protocol):
    """What a node needs of a planner."""

    @property
    def settings(self) -> PlannerSettings:
        """How it chooses among candidates."""

    def with_settings(self, settings: PlannerSettings) -> Planner:
        """Return a planner of other settings that shares the loaded network."""

    def plan(
        self,
        depth: NDArray[np.float32],
        camera: CameraIntrinsics,
        mask: NDArray[np.bool_] | None = None,
    ) -> GraspPlan:
        """Return the grasps on an (H, W) depth image in metres, 0 where nothing was seen."""


def answer(
    request: PlanGrasps.Request, latest: LatestInput, planner: Planner, lookup: FrameLookup
) -> PlanGrasps.Response:
    """Answer a request; what cannot be done is said in the answer's reason.

    Args:
        request: An image with camera info, or a cloud, or nothing for the latest of them.
        latest: What the camera sent last.
        planner: Plans, with its settings where the request names no others.
        lookup: Says where the image's frame is in a target frame.
    """
    header = (request.points if _is_given(request.points) else request.depth).header
    try:
        given = _input(request, latest)
        header = given.header
        plan, header = _plan(request, given, planner, lookup)
    except ValueError as error:
        plan = refused(str(error))
    success = plan.status == PlanStatus.OK
    reason = '' if success else plan.message or plan.status.name
    return PlanGrasps.Response(grasps=plan_to_msg(plan, header), success=success, reason=reason)


def plan_guarded(planner: Planner, given: PlanInput) -> GraspPlan:
    """Return the plan; a fault of the planner on one odd image must not end a robot's node.

    Raises:
        ValueError: The planner refused the input or failed on it.
    """
    try:
        if isinstance(given, CloudInput):
            return _plan_on_cloud(planner, given)
        return planner.plan(given.depth, given.camera, given.mask)
    except ValueError:
        raise
    except Exception as error:
        get_logger('planner').error(traceback.format_exc(), throttle_duration_sec=5.0)
        raise ValueError(f'the planner failed on this image: {error!r}') from error


def _plan_on_cloud(planner: Planner, given: CloudInput) -> GraspPlan:
    if not isinstance(planner, CloudPlanner):
        raise ValueError('got a cloud, expected a depth image: this planner reads no clouds')
    return plan_cloud(planner, given.points, given.mask)


def _input(request: PlanGrasps.Request, latest: LatestInput) -> PlanInput:
    """Return what to plan on: the request's image, or the latest with the latest mask."""
    mask = request.mask if _is_given(request.mask) else None
    if _is_given(request.points):
        if _is_given(request.depth):
            raise ValueError('the request has a depth image and a cloud, expected one of them')
        return plan_input(request.points, None, mask)
    if _is_given(request.depth):
        return plan_input(request.depth, request.camera_info, mask)
    if latest.missing():
        raise ValueError(f'the request has no image, and no {latest.missing()} has come yet')
    return plan_input(latest.image, latest.camera_info, mask or latest.mask)


def _is_given(image: Image | PointCloud2) -> bool:
    """Tell whether a request has an image or cloud; one that is only broken counts as one."""
    said = image.fields if isinstance(image, PointCloud2) else image.encoding
    return bool(image.height or image.width or said or len(image.data))


def _plan(
    request: PlanGrasps.Request, given: PlanInput, planner: Planner, lookup: FrameLookup
) -> tuple[GraspPlan, Header]:
    """Return the plan and the header of the frame that it is in."""
    settings = restrict(planner.settings, request.num_grasps, request.min_score)
    given = _in_region(given, settings, region_from_msg(request.region))
    header, target = given.header, request.target_frame
    if target in ('', header.frame_id):
        return plan_guarded(planner.with_settings(settings), given), header
    T_target_camera = lookup(target, header.frame_id, header.stamp)
    plan = plan_guarded(planner.with_settings(settings), given)
    return move_plan(plan, T_target_camera), Header(stamp=header.stamp, frame_id=target)


def _in_region(given: PlanInput, settings: PlannerSettings, region: Region) -> PlanInput:
    if not isinstance(given, CloudInput):
        mask = where_to_plan(given.depth, given.camera, settings, region, given.mask)
        return given._replace(mask=mask)
    if any(region):
        raise ValueError('the request has a region and a cloud, expected a mask or a workspace')
    return given
