"""Job of one plan: input, planner and target frame, from a request and the state of the node."""

from __future__ import annotations

from collections.abc import Callable
import traceback
from typing import NamedTuple, TypeAlias

from dexnet_core.io.messages.camera_messages import region_from_msg
from dexnet_core.planning.grasp import GraspPlan
from dexnet_core.planning.planners.object_plans import chosen_labels, of_labels
from dexnet_core.planning.planners.planner import Planner
from dexnet_core.planning.planners.request import in_region, move_plan, restrict
from dexnet_msgs.action import PlanGraspsAction
from dexnet_msgs.srv import PlanGrasps
from dexnet_ros.conversions import points_from_msgs, vector_from_msg
from dexnet_ros.frames import FrameLookup
from dexnet_ros.input_reader import InputReader
from dexnet_ros.latest_input import LatestInput, PlanInput
from dexnet_ros.parameters import declare_fixed
from dexnet_ros.repeated_log import RepeatedLog
from dexnet_ros.target import Target, target_of
from dexnet_ros.up import Up, UpLookup
from rclpy.logging import get_logger
from rclpy.node import Node
from sensor_msgs.msg import Image, PointCloud2
from std_msgs.msg import Header

Request: TypeAlias = PlanGrasps.Request | PlanGraspsAction.Goal
"""A request of the service, or a goal of the action, which has the same fields."""


Note = Callable[['Job', GraspPlan, GraspPlan], None]
"""Called with a job and its plan, in the frame of the observation and in the target frame."""


class PlanContext(NamedTuple):
    """Parameters and lookups of a node that a plan needs in addition to the messages.

    Attributes:
        lookup: Returns the transform between two frames.
        up: Returns the up direction in the frame of a header.
        reader: Converts messages.
        target_frame: Frame of the grasps if a request names none; empty = frame of the input.
        needs_transforms: Whether every input needs a tf2 lookup.
        note: Called with every plan.
    """

    lookup: FrameLookup
    up: Callable[[Header], Up]
    reader: InputReader
    target_frame: str = ''
    needs_transforms: bool = False
    note: Note = lambda job, seen, placed: None


def declare_context(node: Node, lookup: FrameLookup, log: RepeatedLog) -> PlanContext:
    """Declare the parameters of frames, up direction and messages; return the context.

    Parameters, read only:
        target_frame: tf2 frame of the grasps, at the stamp of the input; empty = frame of the
            input.
        Others: see `UpLookup` and `InputReader`.

    Raises:
        ValueError: A parameter is invalid.
    """
    up = UpLookup(node, lookup)
    frame = declare_fixed(
        node,
        'target_frame',
        '',
        'Frame that grasps are transformed to; empty = frame of the input.',
    )
    needs_transforms = up.needs_transforms or bool(frame)
    return PlanContext(lookup, up, InputReader(node, log), frame, needs_transforms)


class Job(NamedTuple):
    """Everything that one plan needs.

    Attributes:
        given: Input of the plan.
        planner: Planner with the settings of the request.
        target: Target frame of the grasps.
        note: Called with the plan, in the frame of the observation and in the target frame.
    """

    given: PlanInput
    planner: Planner
    target: Target
    note: Note

    def plan(self) -> GraspPlan:
        """Plan, and return the plan in the target frame.

        Raises:
            ValueError: The planner refused the input or failed on it.
        """
        return self.placed(self.plan_seen())

    def plan_seen(self) -> GraspPlan:
        """Plan, and return the plan in the frame of the observation.

        Any exception of the planner becomes a ValueError, so that one image cannot end the node.

        Raises:
            ValueError: The planner refused the input or failed on it.
        """
        try:
            return self.planner.plan(self.given.observation)
        except ValueError:
            raise
        except Exception as error:
            get_logger('planner').error(traceback.format_exc(), throttle_duration_sec=5.0)
            raise ValueError(f'the planner failed on this image: {error!r}') from error

    def placed(self, plan: GraspPlan) -> GraspPlan:
        """Transform a plan from the frame of the observation to the target frame."""
        placed = plan
        if self.given.R_header_observation is not None:
            placed = move_plan(placed, self.given.T_header_observation)
        placed = self.target.moved(placed)
        self.note(self, plan, placed)
        return placed


def job_of(request: Request, latest: LatestInput, planner: Planner, known: PlanContext) -> Job:
    """Return the job of a request; nothing is planned yet.

    Args:
        request: Request with an image and camera info, with a cloud, or without both for the
            latest input.
        latest: Latest messages of the node.
        planner: Planner; its settings are the defaults of the request.
        known: Context of the node.

    Raises:
        ValueError: The request is invalid, or an input is missing; the message has the reason.
    """
    given = _input(request, latest, known.reader)
    settings = restrict(planner.settings, request.num_grasps, request.min_score, request.approach)
    header = given.header
    frame = request.target_frame or known.target_frame
    target = target_of(known.lookup, frame, header)
    up = vector_from_msg(request.up)
    given = given.with_up(known.up(header) if up is None else Up(up, 'given'))
    given = given.avoiding(points_from_msgs(request.avoid))
    observation = given.observation
    if request.labels:
        observation = of_labels(observation, chosen_labels(observation, request.labels))
    observation = in_region(observation, settings, region_from_msg(request.region))
    if settings != planner.settings:
        planner = planner.with_settings(settings)
    return Job(given._replace(observation=observation), planner, target, known.note)


def header_of(request: Request) -> Header:
    """Return the header of the image or cloud of a request; an empty header without both."""
    return (request.points if is_given(request.points) else request.depth).header


def is_given(image: Image | PointCloud2) -> bool:
    """Return whether an image or cloud of a request is set, even if it is invalid."""
    layout = image.fields if isinstance(image, PointCloud2) else image.encoding
    return bool(image.height or image.width or layout or len(image.data))


def _input(request: Request, latest: LatestInput, reader: InputReader) -> PlanInput:
    """Return the input of the request, or the latest input with the latest mask."""
    mask = request.mask if is_given(request.mask) else None
    if is_given(request.points):
        if is_given(request.depth):
            raise ValueError('the request has a depth image and a cloud, expected one of them')
        return reader.read(request.points, None, mask)
    if is_given(request.depth):
        return reader.read(request.depth, request.camera_info, mask)
    if latest.missing():
        raise ValueError(f'the request has no image, and no {latest.missing()} was received yet')
    return reader.read_latest(latest, mask)
