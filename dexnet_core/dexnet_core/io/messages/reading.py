"""Conversion of depth image and cloud messages to observations, with user settings."""

from __future__ import annotations

from dataclasses import dataclass
import math
from typing import cast

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.io.messages.camera_messages import camera_of_image, has_distortion, lens_of_image
from dexnet_core.io.messages.cloud_messages import points_from_msg
from dexnet_core.io.messages.compressed import depth_from_compressed
from dexnet_core.io.messages.frames import (
    cloud_frame,
    CLOUD_FRAMES,
    image_frame,
    IMAGE_FRAMES,
    R_X_FORWARD_OPTICAL,
)
from dexnet_core.io.messages.image_messages import depth_from_msg
from dexnet_core.io.messages.protocols import (
    CameraInfoMessage,
    CloudMessage,
    CompressedMessage,
    ImageMessage,
)
from dexnet_core.planning.observation import Observation, of_cloud, of_image, of_optical_cloud
from dexnet_core.planning.perception.masks import Selection
from dexnet_core.planning.perception.rectification import Lens, rectified_depth, rectified_labels
import numpy as np
from numpy.typing import NDArray

ALL = Selection(None)
"""Selection without a mask: everything may be grasped."""


@dataclass(frozen=True)
class Reading:
    """Settings of the conversion from messages to observations.

    Attributes:
        depth_scale: Metres per unit of depth images and of integer clouds; 0 = metres for
            floating point, millimetres for integer depth images.
        rectify: Whether to remove the lens distortion that camera info describes.
        image_frame: One of IMAGE_FRAMES, the axis convention of the frame of depth images.
        cloud_frame: One of CLOUD_FRAMES, the axis convention of the frame of clouds.

    Raises:
        ValueError: A value is invalid.
    """

    depth_scale: float = 0.0
    rectify: bool = False
    image_frame: str = 'auto'
    cloud_frame: str = 'auto'

    def __post_init__(self) -> None:
        if not (math.isfinite(self.depth_scale) and self.depth_scale >= 0):
            raise ValueError(f'depth_scale is {self.depth_scale}, expected 0 or more')
        for name, options in (('image_frame', IMAGE_FRAMES), ('cloud_frame', CLOUD_FRAMES)):
            value = getattr(self, name)
            if value not in options:
                raise ValueError(f'{name} is {value!r}, expected {" or ".join(options)}')


@dataclass(frozen=True)
class Seen:
    """A converted depth image or cloud.

    Attributes:
        kind: Axis convention of the frame in its header: optical, x_forward or z_up.
        depth: (H, W) float32 metres, rectified; None for a cloud.
        camera: Intrinsics at the size of the image; None for a cloud.
        points: (H, W, 3) float32 metres in an optical frame or one with z up; None for an image.
        lens: Lens model that was rectified, and that masks need too; None if nothing was.
        notes: Warnings for the user.
    """

    kind: str
    depth: NDArray[np.float32] | None = None
    camera: CameraIntrinsics | None = None
    points: NDArray[np.float32] | None = None
    lens: Lens | None = None
    notes: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W) of a mask for it."""
        height, width = (self.cloud if self.depth is None else self.depth).shape[:2]
        return height, width

    @property
    def cloud(self) -> NDArray[np.float32]:
        """The points.

        Raises:
            ValueError: This is a depth image.
        """
        if self.points is None:
            raise ValueError('a depth image was read, expected a cloud')
        return self.points

    @property
    def turned(self) -> NDArray[np.float64] | None:
        """(3, 3) rotation from the frame of the observation to that of the header; None = same."""
        return R_X_FORWARD_OPTICAL if self.kind == 'x_forward' else None

    def observation(
        self, chosen: Selection = ALL, up: NDArray[np.float64] | None = None
    ) -> Observation:
        """Return the observation for the planner.

        Args:
            chosen: Mask or labels of the same shape, in the pixels of the raw image.
            up: (3,) direction against gravity in the frame of the header; None if unknown.

        Raises:
            ValueError: Up is not a direction.
        """
        if self.lens is not None:
            chosen = _rectified(chosen, self.lens)
        mask, labels = chosen.mask, chosen.labels
        if self.kind == 'z_up':
            up = np.array([0.0, 0.0, 1.0]) if up is None else up
            return of_cloud(self.cloud, up, mask, labels)
        if up is not None and self.turned is not None:
            up = up @ self.turned
        if self.depth is not None and self.camera is not None:
            return of_image(self.depth, self.camera, mask, labels, up)
        return of_optical_cloud(self.cloud, mask, labels, up)


def read_image(
    msg: ImageMessage | CompressedMessage,
    info: CameraInfoMessage | None,
    reading: Reading,
    topic: str = '',
) -> Seen:
    """Convert a depth image message.

    Args:
        msg: An Image, or a CompressedImage of depth.
        info: Camera info of the image; None if none was received.
        reading: Settings of the conversion.
        topic: Topic of the image; empty if it was not received on a topic.

    Raises:
        ValueError: The camera info is missing, or a message cannot be used.
    """
    if info is None:
        raise ValueError('no camera info received, expected one for the depth image')
    frame = image_frame(msg.header.frame_id, reading.image_frame)
    notes = [f'{frame.doubt}; set image_frame if it is not'] if frame.doubt else []
    depth = _depth(msg, reading.depth_scale)
    fit = camera_of_image(info, depth.shape)
    notes += [fit.note] if fit.note else []
    notes += _doubts(msg, info, topic, reading)
    lens = lens_of_image(info, depth.shape) if reading.rectify else None
    if lens is not None:
        depth = rectified_depth(depth, lens)
    return Seen(frame.kind, depth, fit.camera, lens=lens, notes=tuple(notes))


def _depth(msg: ImageMessage | CompressedMessage, scale: float) -> NDArray[np.float32]:
    if hasattr(msg, 'encoding'):
        return depth_from_msg(cast('ImageMessage', msg), scale)
    return depth_from_compressed(msg, scale)


def read_cloud(msg: CloudMessage, reading: Reading) -> Seen:
    """Convert a cloud message.

    Raises:
        ValueError: The message cannot be used, or the axis convention of its frame is ambiguous.
    """
    points = points_from_msg(msg, reading.depth_scale)
    kind = cloud_frame(msg.header.frame_id, reading.cloud_frame).kind
    return Seen(kind, points=_optical(points) if kind == 'x_forward' else points)


def _doubts(
    msg: ImageMessage | CompressedMessage, info: CameraInfoMessage, topic: str, reading: Reading
) -> list[str]:
    """Return warnings about a depth image and its camera info."""
    notes = []
    names = msg.header.frame_id, info.header.frame_id
    if all(names) and names[0] != names[1]:
        notes.append(
            f'the depth image has frame {names[0]!r}, its camera info {names[1]!r}: they should'
            ' be the same'
        )
    if topic and 'rect' not in topic and has_distortion(info) and not reading.rectify:
        notes.append(
            f'camera info has a distortion, and by its name {topic} is not rectified: use a '
            'rectified topic or set rectify; ignore this if the driver rectifies'
        )
    return notes


def _rectified(chosen: Selection, lens: Lens) -> Selection:
    mask, labels = chosen.mask, chosen.labels
    if labels is not None:
        return chosen._replace(labels=rectified_labels(labels, lens))
    return chosen if mask is None else chosen._replace(mask=rectified_labels(mask, lens))


def _optical(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Transform (..., 3) points from a frame with x forward to the optical frame."""
    return np.stack([-points[..., 1], -points[..., 2], points[..., 0]], axis=-1)
