"""Latest input messages of a node, and the input of one plan."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
import time
from typing import NamedTuple

from dexnet_core.geometry.transform import pose_matrix
from dexnet_core.planning.observation import Observation
from dexnet_ros.freed_memory import FreedMemory
from dexnet_ros.up import Up
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, PointCloud2
from std_msgs.msg import Header


class PlanInput(NamedTuple):
    """The input of one plan.

    Attributes:
        header: Header of the depth image or cloud; it is copied into the answer.
        observation: Input of the planner.
        R_header_observation: (3, 3) rotation from the frame of the observation to the frame of
            the header; None if they are the same.
    """

    header: Header
    observation: Observation
    R_header_observation: NDArray[np.float64] | None = None

    @property
    def T_header_observation(self) -> NDArray[np.float64]:
        """The (4, 4) pose of the frame of the observation in the frame of the header."""
        R = self.R_header_observation
        return pose_matrix(np.zeros(3), np.eye(3) if R is None else R)

    def with_up(self, up: Up) -> PlanInput:
        """Return the input with the direction against gravity.

        Unchanged if the direction is unknown, or is in an optical frame but the input is not.
        """
        if up.direction is None or (up.is_optical and self.observation.axis is None):
            return self
        direction = up.direction if up.is_optical else self._turned(up.direction)
        return self._replace(observation=self.observation.with_up(direction, up.comes_from))

    def avoiding(self, places: NDArray[np.float64] | None) -> PlanInput:
        """Return the input with places to avoid, (k, 3) metres in the frame of the header."""
        if places is None:
            return self
        return self._replace(observation=replace(self.observation, avoid=self._turned(places)))

    def _turned(self, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Rotate (..., 3) vectors from the frame of the header to that of the observation."""
        R = self.R_header_observation
        return vectors if R is None else vectors @ R


@dataclass
class LatestInput:
    """The newest message of each topic, or None.

    Depth images and clouds replace each other: the planner uses the newest of both. Camera info
    and mask are the newest received, whatever their stamps, because cameras repeat the same camera
    info. A mask that was published once is used until the next one, until mask_timeout, or until
    the node is deactivated. After the next activation, a transient-local publisher sends it again.

    Attributes:
        topic: Topic of depth images.
        came: Arrival of the image or cloud, by time.perf_counter.
        mask_came: Arrival of the mask, by time.monotonic.
    """

    topic: str = ''
    image: Image | CompressedImage | PointCloud2 | None = None
    came: float = 0.0
    camera_info: CameraInfo | None = None
    mask: Image | None = None
    mask_came: float = 0.0
    _freed: FreedMemory = field(default_factory=FreedMemory)

    def take_image(self, msg: Image | CompressedImage | PointCloud2) -> None:
        """Store a depth image or cloud; release free memory if its size has changed."""
        self.image, self.came = msg, time.perf_counter()
        self._freed.note(len(msg.data))

    def take_mask(self, msg: Image) -> None:
        """Store a mask; an empty one clears the mask."""
        self.mask = msg if msg.height and msg.width else None
        self.mask_came = time.monotonic()

    @property
    def mask_age(self) -> float:
        """Seconds since the mask was received."""
        return time.monotonic() - self.mask_came

    def missing(self) -> str:
        """Return the name of a required input that was not received yet; empty if none."""
        if self.image is None:
            return 'image'
        needs_camera = not isinstance(self.image, PointCloud2) and self.camera_info is None
        return 'camera_info' if needs_camera else ''
