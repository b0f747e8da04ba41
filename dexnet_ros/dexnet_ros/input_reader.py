"""Reads the messages of one plan, as the parameters of a node say."""

from __future__ import annotations

import math

from dexnet_core.observation import of_cloud, of_image, of_optical_cloud
from dexnet_core.perception.masks import Selection
from dexnet_core.perception.rectification import Lens, rectified_depth, rectified_labels
from dexnet_ros.camera_conversions import camera_of_image, has_distortion, lens_of_image
from dexnet_ros.cloud_conversions import points_from_msg
from dexnet_ros.frames import (
    cloud_frame,
    CLOUD_FRAMES,
    image_frame,
    IMAGE_FRAMES,
    R_X_FORWARD_OPTICAL,
)
from dexnet_ros.image_conversions import depth_from_msg, selection_from_msg
from dexnet_ros.latest_input import LatestInput, PlanInput
from dexnet_ros.parameters import declare_fixed
from dexnet_ros.repeated_log import RepeatedLog
import numpy as np
from numpy.typing import NDArray
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image, PointCloud2

_BAD_MASK_S = 10.0
_ALL = Selection(None)


class MaskError(ValueError):
    """A mask cannot be used."""


class InputReader:
    """Reads depth images, clouds and masks.

    Parameters, read only:
        depth_scale: metres per unit of depth images, and of clouds of integers; 0 = metres for
            floating point, millimetres for depth of integers, no clouds of integers.
        rectify: whether depth images still have the distortion of the lens that camera info
            describes; it is then undone, of masks as well. Pixels of grasps and the heat map are
            those of the rectified image.
        image_frame: what the frame is that depth images are stamped with, see `image_frame`; with
            `x_forward` the grasps of their optical frame are turned into it.
        cloud_frame: what kind of frame clouds are in, see `cloud_frame`.
        mask_timeout: seconds after which a mask no longer counts; 0 = it counts until the next.
    """

    def __init__(self, node: Node, log: RepeatedLog) -> None:
        """Declare the parameters.

        Raises:
            ValueError: One of them makes no sense.
        """
        self._log = log
        self._scale = declare_fixed(
            node, 'depth_scale', 0.0, 'Metres per unit of depth; 0 = as the encoding says.'
        )
        self._rectify = declare_fixed(
            node, 'rectify', False, 'Whether the distortion of the lens is to be undone.'
        )
        self._image_frame = declare_fixed(
            node, 'image_frame', 'auto', 'Of images: optical, x_forward, or auto = from its name.'
        )
        self._cloud_frame = declare_fixed(
            node,
            'cloud_frame',
            'auto',
            'Of clouds: optical, x_forward, z_up, or auto = from its name.',
        )
        self._mask_timeout = declare_fixed(
            node, 'mask_timeout', 0.0, 'Seconds after which a mask is dropped; 0 = never.'
        )
        for name, value, options in (
            ('image_frame', self._image_frame, IMAGE_FRAMES),
            ('cloud_frame', self._cloud_frame, CLOUD_FRAMES),
        ):
            if value not in options:
                raise ValueError(f'{name} is {value!r}, expected {" or ".join(options)}')
        for name, value in (('depth_scale', self._scale), ('mask_timeout', self._mask_timeout)):
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f'{name} is {value}, expected 0 or more')

    def read_latest(self, latest: LatestInput, mask: Image | None = None) -> PlanInput:
        """Read what came last.

        A mask that cannot be used stops planning for ten seconds, or for mask_timeout if that is
        given: what it would have forbidden must not be grasped. Then it is dropped, so that one
        bad mask does not stop planning for good.

        Args:
            latest: With an image.
            mask: Instead of the latest one.

        Raises:
            ValueError: Something cannot be used.
        """
        if mask is not None:
            return self.read(latest.image, latest.camera_info, mask, latest.topic)
        age = latest.mask_age
        if latest.mask is not None and 0 < self._mask_timeout < age:
            self._log.warning(f'the mask is {age:.0f} s old: dropped')
            latest.mask = None
        try:
            return self.read(latest.image, latest.camera_info, latest.mask, latest.topic)
        except MaskError as error:
            limit = self._mask_timeout or _BAD_MASK_S
            if age < limit:
                raise MaskError(
                    f'{error}. It is dropped after {limit:g} s, or at once by an empty Image'
                ) from error
            self._log.warning(f'the mask is dropped after {age:.0f} s: {error}')
            latest.mask = None
        return self.read(latest.image, latest.camera_info, None, latest.topic)

    def read(
        self,
        image: Image | PointCloud2,
        camera_info: CameraInfo | None,
        mask: Image | None,
        topic: str = '',
    ) -> PlanInput:
        """Read the messages of one plan.

        Args:
            image: Depth image or cloud.
            camera_info: Of a depth image; not used for a cloud.
            mask: Of the same size, or None.
            topic: Where the image came; empty for one of a request.

        Raises:
            MaskError: The mask cannot be used, or is not of the size of the image.
            ValueError: Another message cannot be used, or is not of the size of the others.
        """
        if isinstance(image, PointCloud2):
            return self._cloud(image, mask)
        frame = image_frame(image.header.frame_id, self._image_frame)
        if frame.doubt:
            self._log.once(f'{frame.doubt}; image_frame says what it is')
        depth = depth_from_msg(image, self._scale)
        fit = camera_of_image(camera_info, depth.shape)
        self._say_doubts(image, camera_info, topic, fit.note)
        lens = lens_of_image(camera_info, depth.shape) if self._rectify else None
        if lens is not None:
            depth = rectified_depth(depth, lens)
        chosen = self._selection(mask, depth.shape, lens)
        observation = of_image(depth, fit.camera, chosen.mask, chosen.labels)
        turned = R_X_FORWARD_OPTICAL if frame.kind == 'x_forward' else None
        return PlanInput(image.header, observation, turned)

    def _cloud(self, cloud: PointCloud2, mask: Image | None) -> PlanInput:
        points = points_from_msg(cloud, self._scale)
        kind = cloud_frame(cloud.header.frame_id, self._cloud_frame).kind
        chosen = self._selection(mask, points.shape[:-1])
        if kind == 'z_up':
            up = np.array([0.0, 0.0, 1.0])
            return PlanInput(cloud.header, of_cloud(points, up, chosen.mask, chosen.labels))
        turned = R_X_FORWARD_OPTICAL if kind == 'x_forward' else None
        if turned is not None:
            points = _optical(points)
        observation = of_optical_cloud(points, chosen.mask, chosen.labels)
        return PlanInput(cloud.header, observation, turned)

    def _selection(
        self, mask: Image | None, shape: tuple[int, int], lens: Lens | None = None
    ) -> Selection:
        """Return what may be grasped of an input of (H, W), taken with a lens."""
        if mask is None:
            return _ALL
        if (mask.height, mask.width) != shape:
            got = f'{mask.width}x{mask.height}'
            raise MaskError(f'mask is {got}, expected {shape[1]}x{shape[0]} as the input')
        try:
            chosen = selection_from_msg(mask)
        except ValueError as error:
            raise MaskError(str(error)) from error
        if chosen.note:
            self._log.once(chosen.note, key='mask')
        return chosen if lens is None else _rectified(chosen, lens)

    def _say_doubts(self, image: Image, info: CameraInfo, topic: str, note: str) -> None:
        """Say once what may be wrong with a camera."""
        if note:
            self._log.once(note)
        names = image.header.frame_id, info.header.frame_id
        if all(names) and names[0] != names[1]:
            self._log.once(
                f'the depth image is in {names[0]!r}, its camera info in {names[1]!r}: they should'
                ' be the same'
            )
        if topic and 'rect' not in topic and has_distortion(info) and not self._rectify:
            self._log.once(
                f'camera info has a distortion, and by its name {topic} is not rectified: take a '
                'rectified topic or set rectify; nothing is wrong if the driver did it'
            )


def _rectified(chosen: Selection, lens: Lens) -> Selection:
    mask, labels = chosen.mask, chosen.labels
    if labels is not None:
        return chosen._replace(labels=rectified_labels(labels, lens))
    return chosen._replace(mask=rectified_labels(mask, lens))


def _optical(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (..., 3) points of a frame with x forward in the optical one."""
    return np.stack([-points[..., 1], -points[..., 2], points[..., 0]], axis=-1)
