"""Conversion of the input messages of a plan, with the parameters of the node."""

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
    """Converts depth images, clouds and masks to the input of a plan.

    Parameters, read only:
        depth_scale: metres per unit of depth images and of integer clouds; 0 = metres for
            floating point, millimetres for integer depth images; integer clouds are refused.
        rectify: whether to remove the lens distortion that camera info describes, from depth
            images and masks. Pixels of grasps and the heat map are then those of the rectified
            image.
        image_frame: axis convention of the frame of depth images; with `x_forward`, grasps are
            rotated from the optical frame to it. See `dexnet_core.io.messages.frames`.
        cloud_frame: axis convention of the frame of clouds; see there.
        mask_timeout: seconds after which a mask is no longer used; 0 = never.
    """

    def __init__(self, node: Node, log: RepeatedLog) -> None:
        """Declare the parameters.

        Raises:
            ValueError: A parameter is invalid.
        """
        self._log = log
        self._reading = Reading(
            depth_scale=declare_fixed(
                node, 'depth_scale', 0.0, 'Metres per unit of depth; 0 = the unit of the encoding.'
            ),
            rectify=declare_fixed(
                node, 'rectify', False, 'Whether to remove the distortion of the lens.'
            ),
            image_frame=declare_fixed(
                node,
                'image_frame',
                'auto',
                'Axes of the frame of images: optical, x_forward, or auto = from its name.',
            ),
            cloud_frame=declare_fixed(
                node,
                'cloud_frame',
                'auto',
                'Axes of the frame of clouds: optical, x_forward, z_up, or auto = from its name.',
            ),
        )
        self._mask_timeout = declare_fixed(
            node, 'mask_timeout', 0.0, 'Seconds after which a mask is no longer used; 0 = never.'
        )
        if not (math.isfinite(self._mask_timeout) and self._mask_timeout >= 0):
            raise ValueError(f'mask_timeout is {self._mask_timeout}, expected 0 or more')

    def read_latest(self, latest: LatestInput, mask: Image | None = None) -> PlanInput:
        """Convert the latest messages.

        A mask that cannot be used stops planning for ten seconds, or for mask_timeout if it is
        set, because planning without it could grasp a forbidden object. Then the mask is dropped,
        so that one bad mask does not stop planning forever.

        Args:
            latest: Latest messages, with an image.
            mask: Mask to use instead of the latest one.

        Raises:
            ValueError: A message cannot be used.
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
        """Convert the messages of one plan.

        Args:
            image: Depth image, raw or compressed, or cloud.
            camera_info: Camera info of a depth image; ignored for a cloud.
            mask: Mask of the same size, or None.
            topic: Topic of the image; empty for an image of a request.

        Raises:
            MaskError: The mask cannot be used, or its size differs from that of the image.
            ValueError: Another message cannot be used, or its size does not match.
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
        """Return the mask or labels for an input of (H, W)."""
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
