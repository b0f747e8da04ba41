"""Service plan_grasps: one plan with the options of the request."""

from __future__ import annotations

from dexnet_core.planning.grasp import PlanStatus
from dexnet_core.planning.planners.planner import Planner
from dexnet_core.planning.planners.request import refused
from dexnet_msgs.srv import PlanGrasps
from dexnet_ros.conversions import plan_to_msg
from dexnet_ros.latest_input import LatestInput
from dexnet_ros.plan_job import header_of, job_of, PlanContext


def answer(
    request: PlanGrasps.Request, latest: LatestInput, planner: Planner, known: PlanContext
) -> PlanGrasps.Response:
    """Plan for a request; an error is returned in the reason of the response.

    Args:
        request: Request with an image and camera info, with a cloud, or without both for the
            latest input.
        latest: Latest messages of the node.
        planner: Planner; its settings are the defaults of the request.
        known: Context of the node.
    """
    header = header_of(request)
    try:
        job = job_of(request, latest, planner, known)
        header = job.given.header
        plan, header = job.plan(), job.target.header
    except ValueError as error:
        plan = refused(str(error))
    success = plan.status == PlanStatus.OK
    reason = '' if success else plan.message or plan.status.name
    return PlanGrasps.Response(grasps=plan_to_msg(plan, header), success=success, reason=reason)
