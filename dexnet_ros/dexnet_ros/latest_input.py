"""What the camera sent last, and the input of one plan made from it."""

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
        header: Of the depth image or cloud; goes unchanged into every answer.
        observation: What is planned on.
        R_header_observation: (3, 3), how the frame of the observation is turned in the one that
            the header names; None where they are the same.
    """

    header: Header
    observation: Observation
    R_header_observation: NDArray[np.float64] | None = None

    @property
    def T_header_observation(self) -> NDArray[np.float64]:
        """The (4, 4) pose of the frame of the observation in the one that the header names."""
        R = self.R_header_observation
        return pose_matrix(np.zeros(3), np.eye(3) if R is None else R)

    def with_up(self, up: Up) -> PlanInput:
        """Return the input with the direction against gravity, if it is known and fits."""
        if up.direction is None or (up.is_optical and self.observation.axis is None):
            return self
        direction = up.direction if up.is_optical else self._turned(up.direction)
        return self._replace(observation=self.observation.with_up(direction, up.comes_from))

    def avoiding(self, places: NDArray[np.float64] | None) -> PlanInput:
        """Return the input with places (k, 3) in the frame of the header that are not offered."""
        if places is None:
            return self
        return self._replace(observation=replace(self.observation, avoid=self._turned(places)))

    def _turned(self, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (..., 3) vectors of the header's frame in that of the observation."""
        R = self.R_header_observation
        return vectors if R is None else vectors @ R


@dataclass
class LatestInput:
    """The newest message of each topic, or None.

    A depth image and a cloud replace each other: the one that came last is planned on. Camera
    info and mask are the newest received, whatever their stamps: cameras send the same camera
    info over and over, and a mask that was published once stays until the next one, until it is
    too old, or until the node is deactivated; a publisher that keeps it (transient local) is
    asked for it again then.

    Attributes:
        topic: Where depth images come.
        came: When the image or cloud came, by time.perf_counter.
        mask_came: When the mask came, by time.monotonic.
    """

    topic: str = ''
    image: Image | CompressedImage | PointCloud2 | None = None
    came: float = 0.0
    camera_info: CameraInfo | None = None
    mask: Image | None = None
    mask_came: float = 0.0
    _freed: FreedMemory = field(default_factory=FreedMemory)

    def take_image(self, msg: Image | CompressedImage | PointCloud2) -> None:
        """Take a depth image or cloud; one of another size than before has memory given back."""
        self.image, self.came = msg, time.perf_counter()
        self._freed.note(len(msg.data))

    def take_mask(self, msg: Image) -> None:
        """Take a mask; an empty one clears the mask."""
        self.mask = msg if msg.height and msg.width else None
        self.mask_came = time.monotonic()

    @property
    def mask_age(self) -> float:
        """Seconds since the mask came."""
        return time.monotonic() - self.mask_came

    def missing(self) -> str:
        """Return the name of what no plan can be made without and has not come, or ''."""
        if self.image is None:
            return 'image'
        needs_camera = not isinstance(self.image, PointCloud2) and self.camera_info is None
        return 'camera_info' if needs_camera else ''
