"""Runs a planner on the depth images or clouds of a bag, in real time or on every n-th frame."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
import logging
import time
from typing import Any, NamedTuple

from dexnet_core.geometry.transform import pose_matrix
from dexnet_core.io.bags.bag_reader import Bag, CAMERA_INFO, CLOUD, Record
from dexnet_core.io.bags.topics import Topics
from dexnet_core.io.messages.reading import read_cloud, read_image, Reading, Seen
from dexnet_core.planning.grasp import GraspPlan
from dexnet_core.planning.observation import Observation
from dexnet_core.planning.planners.planner import Planner
from dexnet_core.planning.planners.request import move_plan, refused
import numpy as np
from numpy.typing import NDArray

_LOG = logging.getLogger(__name__)
_LEAST_S = 60.0
"""Seconds that a replay of a shorter bag may take."""
_SHARE = 0.9
"""Share of the time for the frames; the rest is for loading and for writing the results."""


class Frame(NamedTuple):
    """A serialised depth image or cloud of a bag.

    Attributes:
        number: Index among the frames that are planned on, from 0.
        record: The serialised image or cloud.
        info: The last camera info before it, or the first of the bag if none was recorded before
            it. None for clouds and if there is no camera info.
    """

    number: int
    record: Record
    info: Record | None


class Replayed(NamedTuple):
    """One frame of the bag and its plan.

    Attributes:
        frame: Frame of the bag.
        header: Header of its message; None if the message cannot be read.
        observation: Input of the planner; None if the message cannot be read.
        plan: Plan in the frame of the observation; BAD_INPUT if the message cannot be used.
        R_header_observation: (3, 3) rotation from the frame of the observation to the frame of
            the header; None if they are the same.
    """

    frame: Frame
    header: Any
    observation: Observation | None
    plan: GraspPlan
    R_header_observation: NDArray[np.float64] | None = None

    @property
    def frame_id(self) -> str:
        """Name of the frame of the message; empty if the message cannot be read."""
        return '' if self.header is None else self.header.frame_id

    @property
    def stamp_ns(self) -> int:
        """Stamp of the header, nanoseconds since 1970; the recording time without a header."""
        if self.header is None:
            return self.frame.record.time_ns
        return int(self.header.stamp.sec) * 10**9 + int(self.header.stamp.nanosec)

    @property
    def header_plan(self) -> GraspPlan:
        """The plan in the frame of the header."""
        if self.R_header_observation is None:
            return self.plan
        return move_plan(self.plan, pose_matrix(np.zeros(3), self.R_header_observation))


class Replay:
    """Plans grasps on the messages of one topic of a bag.

    Attributes:
        ended: Error that stopped the replay before the end of the bag; empty without an error.
    """

    def __init__(
        self,
        bag: Bag,
        topics: Topics,
        planner: Planner,
        reading: Reading,
        up: NDArray[np.float64] | None = None,
    ) -> None:
        """Store the settings of the replay.

        Args:
            bag: Open bag.
            topics: Topic to plan on, and its camera info.
            planner: Planner.
            reading: Settings of the conversion from messages to observations.
            up: (3,) direction against gravity in the frame of the headers; None if unknown.
        """
        self._bag, self._topics, self._planner = bag, topics, planner
        self._reading, self._up = reading, up
        self._logged: set[str] = set()
        self.ended = ''

    @property
    def model(self) -> str:
        """Name and version of the network of the planner."""
        return self._planner.model

    def run(self, every: int = 0) -> Iterator[Replayed]:
        """Yield the plans in order of recording.

        Args:
            every: Plan on every n-th frame. 0 = replay in real time: frames are dropped while the
                replay, including the work of its caller between frames, is behind the recording,
                as a running node would drop them. A bag shorter than a minute is stretched to a
                minute.
        """
        camera = self._topics.camera
        try:
            info = next(self._bag.records([camera]), None) if camera else None
            frames = islice(self._frames(info), 0, None, every) if every else self._in_time(info)
            for number, frame in enumerate(frames):
                yield self._answer(frame._replace(number=number))
        except ValueError as error:
            self.ended = str(error)
            _LOG.warning('%s', error)

    def _in_time(self, info: Record | None) -> Iterator[Frame]:
        """Yield the frames of a replay in real time; dropped frames are not read."""
        recorded_s = max(self._bag.duration_s, 1e-3)
        pace = _SHARE * max(recorded_s, _LEAST_S) / recorded_s
        began, now_ns = time.monotonic(), self._bag.start_ns
        is_done = False
        while not is_done:
            is_done = is_first = True
            for frame in self._frames(info, now_ns):
                now_ns = self._bag.start_ns + int((time.monotonic() - began) / pace * 1e9)
                if frame.record.time_ns < now_ns and not is_first:
                    is_done = False
                    break
                info, is_first = frame.info, False
                yield frame

    def _frames(self, info: Record | None, start_ns: int | None = None) -> Iterator[Frame]:
        """Yield the frames from a time on, numbered from 0.

        `info` is the camera info of the frames before the next camera info.
        """
        name, camera = self._topics.seen.name, self._topics.camera
        number = 0
        for record in self._bag.records([name, camera] if camera else [name], start_ns):
            if record.type == CAMERA_INFO:
                info = record
            elif record.type == self._topics.seen.type:
                yield Frame(number, record, info)
                number += 1

    def _answer(self, frame: Frame) -> Replayed:
        """Plan on a frame; a message that cannot be used gives BAD_INPUT, not an error."""
        header = observation = turned = None
        try:
            message = self._bag.message(frame.record)
            header = message.header
            seen = self._read(message, frame)
            turned = seen.turned
            observation = seen.observation(up=self._up)
            plan = self._planner.plan(observation)
        except ValueError as error:
            plan = refused(str(error))
        except Exception as error:
            if self._is_new(repr(error)):
                _LOG.exception('the planner failed on frame %d', frame.number)
            plan = refused(f'the planner failed on this image: {error!r}')
        return Replayed(frame, header, observation, plan, turned)

    def _read(self, message: Any, frame: Frame) -> Seen:  # noqa: ANN401
        if frame.record.type == CLOUD:
            seen = read_cloud(message, self._reading)
        else:
            info = None if frame.info is None else self._bag.message(frame.info)
            seen = read_image(message, info, self._reading, frame.record.topic)
        for note in seen.notes:
            if self._is_new(note):
                _LOG.warning('%s', note)
        return seen

    def _is_new(self, text: str) -> bool:
        """Return whether a text has not been logged before, and remember it."""
        is_new = text not in self._logged
        self._logged.add(text)
        return is_new
