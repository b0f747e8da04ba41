"""Depth images and clouds as observations, as a person says how they are to be read."""

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
"""Everything may be grasped."""


@dataclass(frozen=True)
class Reading:
    """How messages are read.

    Attributes:
        depth_scale: Metres per unit of depth, and of clouds of integers; 0 = metres for floating
            point, millimetres for depth of integers.
        rectify: Whether the distortion that camera info describes is undone.
        image_frame: One of IMAGE_FRAMES, what the frame is that depth images are stamped with.
        cloud_frame: One of CLOUD_FRAMES, what kind of frame clouds are in.

    Raises:
        ValueError: A value makes no sense.
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
    """What a depth image or a cloud shows.

    Attributes:
        kind: Of the frame in its header: optical, x_forward or z_up.
        depth: (H, W) float32 metres, rectified; None for a cloud.
        camera: At the size of the image; None for a cloud.
        points: (H, W, 3) float32 metres, optical or with z upwards; None for an image.
        lens: What was undone, and is to be undone of masks; None for nothing.
        notes: What the user is told once.
    """

    kind: str
    depth: NDArray[np.float32] | None = None
    camera: CameraIntrinsics | None = None
    points: NDArray[np.float32] | None = None
    lens: Lens | None = None
    notes: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W) of a mask of it."""
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
        """(3, 3) how the observation's frame is turned in the header's; None where it is not."""
        return R_X_FORWARD_OPTICAL if self.kind == 'x_forward' else None

    def observation(
        self, chosen: Selection = ALL, up: NDArray[np.float64] | None = None
    ) -> Observation:
        """Return what is planned on.

        Args:
            chosen: What may be grasped, in this shape, as the raw image shows it.
            up: (3,) against gravity in the frame of the header; None where it is unknown.

        Raises:
            ValueError: Up is no direction.
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
    """Read a depth image.

    Args:
        msg: An Image, or a CompressedImage of depth.
        info: Of its camera; None where none has come.
        reading: How.
        topic: Where it came; empty for nowhere.

    Raises:
        ValueError: Something is missing or cannot be used.
    """
    if info is None:
        raise ValueError('no camera info has come, expected one for the depth image')
    frame = image_frame(msg.header.frame_id, reading.image_frame)
    notes = [f'{frame.doubt}; image_frame says what it is'] if frame.doubt else []
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
    """Read a cloud.

    Raises:
        ValueError: It cannot be used, or its frame does not tell where up is.
    """
    points = points_from_msg(msg, reading.depth_scale)
    kind = cloud_frame(msg.header.frame_id, reading.cloud_frame).kind
    return Seen(kind, points=_optical(points) if kind == 'x_forward' else points)


def _doubts(
    msg: ImageMessage | CompressedMessage, info: CameraInfoMessage, topic: str, reading: Reading
) -> list[str]:
    """Return what may be wrong with a camera."""
    notes = []
    names = msg.header.frame_id, info.header.frame_id
    if all(names) and names[0] != names[1]:
        notes.append(
            f'the depth image is in {names[0]!r}, its camera info in {names[1]!r}: they should'
            ' be the same'
        )
    if topic and 'rect' not in topic and has_distortion(info) and not reading.rectify:
        notes.append(
            f'camera info has a distortion, and by its name {topic} is not rectified: take a '
            'rectified topic or set rectify; nothing is wrong if the driver did it'
        )
    return notes


def _rectified(chosen: Selection, lens: Lens) -> Selection:
    mask, labels = chosen.mask, chosen.labels
    if labels is not None:
        return chosen._replace(labels=rectified_labels(labels, lens))
    return chosen if mask is None else chosen._replace(mask=rectified_labels(mask, lens))


def _optical(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (..., 3) points of a frame with x forward in the optical one."""
    return np.stack([-points[..., 1], -points[..., 2], points[..., 0]], axis=-1)
