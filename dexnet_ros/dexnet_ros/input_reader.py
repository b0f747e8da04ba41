"""Reads the messages of one plan, as the parameters of a node say."""

from __future__ import annotations

import math

from dexnet_core.io.messages.image_messages import selection_from_msg
from dexnet_core.io.messages.reading import ALL, read_cloud, read_image, Reading
from dexnet_core.planning.perception.masks import Selection
from dexnet_ros.latest_input import LatestInput, PlanInput
from dexnet_ros.parameters import declare_fixed
from dexnet_ros.repeated_log import RepeatedLog
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, PointCloud2

_BAD_MASK_S = 10.0


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
        image_frame: what the frame is that depth images are stamped with; with `x_forward` the
            grasps of their optical frame are turned into it. See `dexnet_core.io.messages.frames`.
        cloud_frame: what kind of frame clouds are in; see there.
        mask_timeout: seconds after which a mask no longer counts; 0 = it counts until the next.
    """

    def __init__(self, node: Node, log: RepeatedLog) -> None:
        """Declare the parameters.

        Raises:
            ValueError: One of them makes no sense.
        """
        self._log = log
        self._reading = Reading(
            depth_scale=declare_fixed(
                node, 'depth_scale', 0.0, 'Metres per unit of depth; 0 = as the encoding says.'
            ),
            rectify=declare_fixed(
                node, 'rectify', False, 'Whether to remove the distortion of the lens.'
            ),
            image_frame=declare_fixed(
                node,
                'image_frame',
                'auto',
                'Axes of the frame of images: optical, x_forward, or auto = told by its name.',
            ),
            cloud_frame=declare_fixed(
                node,
                'cloud_frame',
                'auto',
                'Axes of the frame of clouds: optical, x_forward, z_up, or auto = told by its '
                'name.',
            ),
        )
        self._mask_timeout = declare_fixed(
            node, 'mask_timeout', 0.0, 'Seconds after which a mask is no longer used; 0 = never.'
        )
        if not (math.isfinite(self._mask_timeout) and self._mask_timeout >= 0):
            raise ValueError(f'mask_timeout is {self._mask_timeout}, expected 0 or more')

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
                    f'{error}. It is dropped after {limit:g} s, or at once by clear_mask'
                ) from error
            self._log.warning(f'the mask is dropped after {age:.0f} s: {error}')
            latest.mask = None
        return self.read(latest.image, latest.camera_info, None, latest.topic)

    def read(
        self,
        image: Image | CompressedImage | PointCloud2,
        camera_info: CameraInfo | None,
        mask: Image | None,
        topic: str = '',
    ) -> PlanInput:
        """Read the messages of one plan.

        Args:
            image: Depth image, plain or compressed, or cloud.
            camera_info: Of a depth image; not used for a cloud.
            mask: Of the same size, or None.
            topic: Where the image came; empty for one of a request.

        Raises:
            MaskError: The mask cannot be used, or is not of the size of the image.
            ValueError: Another message cannot be used, or is not of the size of the others.
        """
        if isinstance(image, PointCloud2):
            seen = read_cloud(image, self._reading)
        else:
            seen = read_image(image, camera_info, self._reading, topic)
        for note in seen.notes:
            self._log.once(note)
        chosen = self._selection(mask, seen.shape)
        return PlanInput(image.header, seen.observation(chosen), seen.turned)

    def _selection(self, mask: Image | None, shape: tuple[int, int]) -> Selection:
        """Return what may be grasped of an input of (H, W)."""
        if mask is None:
            return ALL
        if (mask.height, mask.width) != shape:
            got = f'{mask.width}x{mask.height}'
            raise MaskError(f'mask is {got}, expected {shape[1]}x{shape[0]} as the input')
        try:
            chosen = selection_from_msg(mask)
        except ValueError as error:
            raise MaskError(str(error)) from error
        if chosen.note:
            self._log.once(chosen.note, key='mask')
        return chosen
