"""What one plan is made on and with, from a request and what the node knows."""

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
"""The goal of the action has the fields of the service's request."""


Note = Callable[['Job', GraspPlan, GraspPlan], None]
"""Is told of a job and its plan, in the frame of the observation and in the target's."""


class Surroundings(NamedTuple):
    """What a node knows beside the messages.

    Attributes:
        lookup: Says where one frame is in another.
        up: Says where up is in the frame of a header.
        reader: Reads messages.
        target_frame: That grasps are wanted in where a request names none; empty = the input's.
        needs_transforms: Whether tf2 is asked about every input.
        note: Is told of every plan that was made.
    """

    lookup: FrameLookup
    up: Callable[[Header], Up]
    reader: InputReader
    target_frame: str = ''
    needs_transforms: bool = False
    note: Note = lambda job, seen, placed: None


def declare_surroundings(node: Node, lookup: FrameLookup, log: RepeatedLog) -> Surroundings:
    """Declare the parameters about frames, up and messages; return what they say.

    Parameters, read only:
        target_frame: frame of tf2 that grasps are wanted in, at the stamp of the input; empty = in
            that of the input.
        Others: see `UpLookup` and `InputReader`.

    Raises:
        ValueError: One of them makes no sense.
    """
    up = UpLookup(node, lookup)
    frame = declare_fixed(
        node,
        'target_frame',
        '',
        'Frame that grasps are transformed to; empty = that of the input.',
    )
    needs_transforms = up.needs_transforms or bool(frame)
    return Surroundings(lookup, up, InputReader(node, log), frame, needs_transforms)


class Job(NamedTuple):
    """One plan that is ready to be made.

    Attributes:
        given: What is planned on.
        planner: With the settings of the request.
        target: The frame that the grasps are wanted in.
        note: Is told of the plan, in the frame of the observation and in the target's.
    """

    given: PlanInput
    planner: Planner
    target: Target
    note: Note

    def plan(self) -> GraspPlan:
        """Return the plan, in the target's frame.

        Raises:
            ValueError: The planner refused the input or failed on it.
        """
        return self.placed(self.plan_seen())

    def plan_seen(self) -> GraspPlan:
        """Return the plan, in the frame of the observation.

        A fault of the planner on one odd image must not end a robot's node.

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
        """Return a plan that is in the frame of the observation in the target's."""
        placed = plan
        if self.given.R_header_observation is not None:
            placed = move_plan(placed, self.given.T_header_observation)
        placed = self.target.moved(placed)
        self.note(self, plan, placed)
        return placed


def job_of(request: Request, latest: LatestInput, planner: Planner, known: Surroundings) -> Job:
    """Return the plan that a request asks for; nothing is planned yet.

    Args:
        request: An image with camera info, or a cloud, or nothing for the latest of them.
        latest: What the camera sent last.
        planner: Plans, with its settings where the request names no others.
        known: What else is known.

    Raises:
        ValueError: The request cannot be carried out; the message says why.
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
    """Return the header of the image or cloud of a request; an empty one where it has none."""
    return (request.points if is_given(request.points) else request.depth).header


def is_given(image: Image | PointCloud2) -> bool:
    """Tell whether a request has an image or cloud; one that is only broken counts as one."""
    said = image.fields if isinstance(image, PointCloud2) else image.encoding
    return bool(image.height or image.width or said or len(image.data))


def _input(request: Request, latest: LatestInput, reader: InputReader) -> PlanInput:
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
