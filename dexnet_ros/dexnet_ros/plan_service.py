"""The service plan_grasps: a request's own choices for one plan."""

from __future__ import annotations

from collections.abc import Callable
import traceback
from typing import NamedTuple

from dexnet_core.grasp import GraspPlan, PlanStatus
from dexnet_core.messages.cameras import region_from_msg
from dexnet_core.runtime.planner import Planner
from dexnet_core.runtime.request import in_region, move_plan, refused, restrict
from dexnet_msgs.srv import PlanGrasps
from dexnet_ros.conversions import plan_to_msg, points_from_msgs, vector_from_msg
from dexnet_ros.frames import FrameLookup
from dexnet_ros.input_reader import InputReader
from dexnet_ros.latest_input import LatestInput, PlanInput
from dexnet_ros.up import Up
from rclpy.logging import get_logger
from sensor_msgs.msg import Image, PointCloud2
from std_msgs.msg import Header


class Surroundings(NamedTuple):
    """What a node knows beside the messages.

    Attributes:
        lookup: Says where one frame is in another.
        up: Says where up is in the frame of a header.
        reader: Reads messages.
    """

    lookup: FrameLookup
    up: Callable[[Header], Up]
    reader: InputReader


def answer(
    request: PlanGrasps.Request, latest: LatestInput, planner: Planner, known: Surroundings
) -> PlanGrasps.Response:
    """Answer a request; what cannot be done is said in the answer's reason.

    Args:
        request: An image with camera info, or a cloud, or nothing for the latest of them.
        latest: What the camera sent last.
        planner: Plans, with its settings where the request names no others.
        known: What else is known.
    """
    header = (request.points if is_given(request.points) else request.depth).header
    try:
        given = _input(request, latest, known.reader)
        header = given.header
        plan, header = _plan(request, given, planner, known)
    except ValueError as error:
        plan = refused(str(error))
    success = plan.status == PlanStatus.OK
    reason = '' if success else plan.message or plan.status.name
    return PlanGrasps.Response(grasps=plan_to_msg(plan, header), success=success, reason=reason)


def plan_guarded(planner: Planner, given: PlanInput) -> GraspPlan:
    """Return the plan, in the frame of the header.

    A fault of the planner on one odd image must not end a robot's node.

    Raises:
        ValueError: The planner refused the input or failed on it.
    """
    try:
        plan = planner.plan(given.observation)
    except ValueError:
        raise
    except Exception as error:
        get_logger('planner').error(traceback.format_exc(), throttle_duration_sec=5.0)
        raise ValueError(f'the planner failed on this image: {error!r}') from error
    if given.R_header_observation is None:
        return plan
    return move_plan(plan, given.T_header_observation)


def _input(request: PlanGrasps.Request, latest: LatestInput, reader: InputReader) -> PlanInput:
    """Return what to plan on: the request's image, or the latest with the latest mask."""
    mask = request.mask if is_given(request.mask) else None
    if is_given(request.points):
        if is_given(request.depth):
            raise ValueError('the request has a depth image and a cloud, expected one of them')
        return reader.read(request.points, None, mask)
    if is_given(request.depth):
        return reader.read(request.depth, request.camera_info, mask)
    if latest.missing():
        raise ValueError(f'the request has no image, and no {latest.missing()} has come yet')
    return reader.read_latest(latest, mask)


def is_given(image: Image | PointCloud2) -> bool:
    """Tell whether a request has an image or cloud; one that is only broken counts as one."""
    said = image.fields if isinstance(image, PointCloud2) else image.encoding
    return bool(image.height or image.width or said or len(image.data))


def _plan(
    request: PlanGrasps.Request, given: PlanInput, planner: Planner, known: Surroundings
) -> tuple[GraspPlan, Header]:
    """Return the plan and the header of the frame that it is in."""
    settings = restrict(planner.settings, request.num_grasps, request.min_score, request.approach)
    header, target = given.header, request.target_frame
    moves = target not in ('', header.frame_id)
    T_target_frame = known.lookup(target, header.frame_id, header.stamp) if moves else None
    up = vector_from_msg(request.up)
    given = given.with_up(known.up(header) if up is None else Up(up, 'given'))
    given = given.avoiding(points_from_msgs(request.avoid))
    observation = in_region(given.observation, settings, region_from_msg(request.region))
    plan = plan_guarded(planner.with_settings(settings), given._replace(observation=observation))
    if T_target_frame is None:
        return plan, header
    return move_plan(plan, T_target_frame), Header(stamp=header.stamp, frame_id=target)
