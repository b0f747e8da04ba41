"""The service plan_grasps: a request's own choices for one plan."""

from __future__ import annotations

from dexnet_core.planning.grasp import PlanStatus
from dexnet_core.planning.planners.planner import Planner
from dexnet_core.planning.planners.request import refused
from dexnet_msgs.srv import PlanGrasps
from dexnet_ros.conversions import plan_to_msg
from dexnet_ros.latest_input import LatestInput
from dexnet_ros.plan_job import header_of, job_of, Surroundings


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
