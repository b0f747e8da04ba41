"""Planning on the stream of depth images and clouds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dexnet_core.planning.grasp import GraspPlan, PlanStatus
from dexnet_core.planning.planners.request import refused
from dexnet_msgs.srv import PlanGrasps
from dexnet_ros.latest_input import LatestInput, PlanInput
from dexnet_ros.plan_job import Job, Request
from dexnet_ros.planner_outputs import Answer, PlannerOutputs
from dexnet_ros.repeated_log import RepeatedLog

_OF_LATEST = PlanGrasps.Request()
"""A request with default values; it is cached, because its construction is slow."""


@dataclass(frozen=True)
class PlanStream:
    """Plans on the latest input, and publishes the plan.

    Attributes:
        latest: Latest messages.
        outputs: Publishers of the results.
        job: Returns the job of a request; a default request means the latest input.
        read: Converts the latest input; used if no topic has a subscriber.
        note: Called with each published answer and the arrival time of its input.
        log: Logger of failures.
    """

    latest: LatestInput
    outputs: PlannerOutputs
    job: Callable[[Request], Job]
    read: Callable[[LatestInput], PlanInput]
    note: Callable[[Answer, float], None]
    log: RepeatedLog

    def plan_newest(self) -> None:
        """Plan on the latest input and publish the plan.

        Without subscribers, the input is only checked, and published as BAD_INPUT if invalid.
        """
        start = self.latest.came
        answer = self._answer()
        if answer is not None:
            self._log_failure(answer.plan)
            self.outputs.publish(answer, start)
            self.note(answer, start)

    def _answer(self) -> Answer | None:
        if self.latest.image is None:
            return None
        header = self.latest.image.header
        try:
            if not self.outputs.has_subscribers():
                self.read(self.latest)
                return None
            job = self.job(_OF_LATEST)
            seen = job.plan_seen()
            drawn = job.given.observation, seen
            return Answer(job.placed(seen), job.target.header, header, drawn)
        except ValueError as error:
            return Answer(refused(str(error)), header, header)

    def _log_failure(self, plan: GraspPlan) -> None:
        if plan.status == PlanStatus.BAD_INPUT:
            self.log.warning(f'bad input: {plan.message}')
        elif plan.status != PlanStatus.OK:
            self.log.info(f'no grasp: {plan.message}', key=plan.status.name)
