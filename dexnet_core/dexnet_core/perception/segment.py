"""Which pixels are something to grasp."""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.perception.metric_view import PixelBox
from dexnet_core.perception.support import find_support, heights_over
import numpy as np
from numpy.typing import NDArray

_ROUGH = 3.0
"""Roughnesses of the support plane over which its own points hardly ever rise."""


class Observed(NamedTuple):
    """A depth image and what in it is to be grasped.

    Attributes:
        depth: (H, W) float32 metres along the optical axis; 0 where nothing was seen.
        objects: (H, W) bool, True on measured pixels of objects.
        camera: Intrinsics at the size of the image.
    """

    depth: NDArray[np.float32]
    objects: NDArray[np.bool_]
    camera: CameraIntrinsics


def object_pixels(
    depth: NDArray[np.float32],
    camera: CameraIntrinsics,
    mask: NDArray[np.bool_] | None,
    support_height: float,
) -> NDArray[np.bool_]:
    """Return (H, W) True where something measured is to be grasped.

    Args:
        depth: (H, W) metres; 0 where nothing was seen.
        camera: Intrinsics of the image.
        mask: (H, W) True on objects; without it, everything off the support plane is one, and
            everything that was seen where there is no such plane.
        support_height: Metres over the support plane from which on something is an object; more
            where the plane is measured so roughly that its own noise reaches higher.

    Raises:
        ValueError: The mask is not of the camera's size.
    """
    seen = depth > 0
    if mask is not None:
        camera.require_shape(mask.shape, 'mask')
        return seen & mask
    plane = find_support(depth, camera)
    if plane is None:
        return seen
    height = max(support_height, _ROUGH * plane.roughness)
    return seen & (heights_over(plane, depth, camera) > height)


def box_around(mask: NDArray[np.bool_], margin: int) -> PixelBox:
    """Return the box of the True pixels, of which there is one, grown by a margin in pixels."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    height, width = mask.shape
    return PixelBox(
        max(int(columns[0]) - margin, 0),
        max(int(rows[0]) - margin, 0),
        min(int(columns[-1]) + 1 + margin, width),
        min(int(rows[-1]) + 1 + margin, height),
    )
