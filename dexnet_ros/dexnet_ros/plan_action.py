"""Action plan_grasps_action: plans object by object, interleaved with other callbacks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import time
from typing import Any

from dexnet_core.planning.grasp import GraspPlan, PlanStatus
from dexnet_core.planning.planners.object_plans import chosen_labels, joined, of_labels
from dexnet_core.planning.planners.request import refused
from dexnet_msgs.action import PlanGraspsAction
from dexnet_ros.conversions import plan_to_msg
from dexnet_ros.plan_job import header_of, Job
from dexnet_ros.planner_outputs import ms_since
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.node import Node
from rclpy.task import Future

NAME = 'plan_grasps_action'
_PREEMPTED = 'preempted by a newer goal'
_INACTIVE = 'the node was deactivated'


class PlanAction:
    """Action server of plan_grasps_action, for a single-threaded executor.

    A goal is executed in slices, one per object. Between two slices the executor runs other
    callbacks: it receives images, serves requests and plans on the stream. Only one goal runs at a
    time; a newer goal aborts it. The server exists while the node is configured, and rejects goals
    while the node is inactive.
    """

    def __init__(self, node: Node, job: Callable[[PlanGraspsAction.Goal], Job]) -> None:
        """Create the action server; goals are rejected until `activate`.

        Args:
            node: Node of the server.
            job: Returns the job of a goal; raises ValueError with the reason if it is invalid.
        """
        self._node = node
        self._job = job
        self._is_active = False
        self._goal: ServerGoalHandle | None = None
        self._waiting: list[Future] = []
        self._guard = node.create_guard_condition(self._end_turn)
        self._server = ActionServer(
            node,
            PlanGraspsAction,
            NAME,
            self._execute,
            goal_callback=self._on_goal,
            handle_accepted_callback=self._on_accepted,
            cancel_callback=lambda _: CancelResponse.ACCEPT,
        )

    def activate(self) -> None:
        """Accept goals."""
        self._is_active = True

    def deactivate(self) -> None:
        """Reject goals; the running goal is aborted in its next slice."""
        self._is_active = False
        self._end_turn()

    def destroy(self) -> None:
        """Destroy the action server; a running goal is abandoned."""
        self.deactivate()
        self._server.destroy()
        self._node.destroy_guard_condition(self._guard)

    def _on_goal(self, _: PlanGraspsAction.Goal) -> GoalResponse:
        if self._is_active:
            return GoalResponse.ACCEPT
        self._node.get_logger().warning(f'{NAME}: goal refused, the node is not active')
        return GoalResponse.REJECT

    def _on_accepted(self, handle: ServerGoalHandle) -> None:
        self._goal = handle
        handle.execute()

    async def _execute(self, handle: ServerGoalHandle) -> PlanGraspsAction.Result:
        """Execute a goal, slice by slice."""
        work = _Work(handle, self._job)
        while not (reason := self._why_ended(handle)) and work.advance():
            await self._next_turn()
        if self._goal is handle:
            self._goal = None
        result = work.result(reason)
        self._finish(handle, result, reason)
        return result

    def _why_ended(self, handle: ServerGoalHandle) -> str:
        """Return the reason to end a goal early; empty to continue."""
        is_cancelled = handle.is_cancel_requested
        if self._goal is not handle:
            return _PREEMPTED
        if not self._is_active:
            return _INACTIVE
        return 'cancelled' if is_cancelled else ''

    def _finish(
        self, handle: ServerGoalHandle, result: PlanGraspsAction.Result, reason: str
    ) -> None:
        if handle.is_cancel_requested:
            handle.canceled()
        elif reason or result.grasps.status == PlanStatus.BAD_INPUT:
            handle.abort()
        else:
            handle.succeed()
        log = self._node.get_logger()
        if reason:
            log.info(f'{NAME}: {reason}')
        elif not result.success:
            log.warning(f'{NAME}: {result.reason}')

    async def _next_turn(self) -> None:
        """Let the executor run all other callbacks that are ready.

        The guard condition wakes the executor, which a waiting coroutine does not.
        """
        turn = Future()
        self._waiting.append(turn)
        self._guard.trigger()
        await turn

    def _end_turn(self) -> None:
        waiting, self._waiting = self._waiting, []
        for turn in waiting:
            turn.set_result(None)


class _Work:
    """The slices of one goal, and their plans."""

    def __init__(
        self, handle: ServerGoalHandle, job: Callable[[PlanGraspsAction.Goal], Job]
    ) -> None:
        self._handle = handle
        self._start = time.perf_counter()
        self._header = header_of(handle.request)
        self._plans: list[GraspPlan] = []
        self._last = refused('nothing was planned')
        self._objects = 0
        self._slices = self._sliced(job)

    def advance(self) -> bool:
        """Run the next slice; return whether there may be more."""
        try:
            return next(self._slices, False)
        except ValueError as error:
            self._last = refused(str(error))
            return False

    def result(self, ended: str) -> PlanGraspsAction.Result:
        """Return the result of the goal.

        Args:
            ended: Reason why the goal ended early; empty if it did not.
        """
        plan = joined(self._plans, self._last)
        grasps = plan_to_msg(plan, self._header)
        grasps.planning_ms = ms_since(self._start)
        success = plan.status == PlanStatus.OK and not ended
        reason = '' if success else ended or plan.message or plan.status.name
        return PlanGraspsAction.Result(grasps=grasps, success=success, reason=reason)

    def _sliced(self, make_job: Callable[[PlanGraspsAction.Goal], Job]) -> Iterator[bool]:
        """Yield True after each slice: first the reading of the goal, then one per object."""
        goal = self._handle.request
        job = make_job(goal)
        self._header = job.target.header
        parts = list(_parts(goal, job))
        self._objects = len(parts)
        for name, part in parts:
            self._send_feedback(f'planning {name}')
            yield True
            self._plan(part)
        self._send_feedback('done')

    def _plan(self, part: Job) -> None:
        """Plan for one object; a failure does not end the goal."""
        try:
            self._last = part.plan()
        except ValueError as error:
            self._last = refused(str(error))
        self._plans.append(self._last)

    def _send_feedback(self, stage: str) -> None:
        done, found = len(self._plans), sum(len(plan.grasps) for plan in self._plans)
        counts: dict[str, Any] = {'objects_done': done, 'objects': self._objects, 'grasps': found}
        self._handle.publish_feedback(PlanGraspsAction.Feedback(stage=stage, **counts))


def _parts(goal: PlanGraspsAction.Goal, job: Job) -> Iterator[tuple[str, Job]]:
    """Yield the name and the job of each slice of a goal.

    Raises:
        ValueError: A requested label is not in the label image.
    """
    seen = job.given.observation
    if not goal.per_object:
        named = ', '.join(map(str, sorted(set(goal.labels))))
        yield f'object {named}' if named else 'the scene', job
        return
    for label in chosen_labels(seen, goal.labels):
        given = job.given._replace(observation=of_labels(seen, (label,)))
        yield f'object {label}', job._replace(given=given)
