"""Depth images and clouds to calibrate and to compare with."""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.geometry.camera import CameraIntrinsics
import numpy as np
from numpy.typing import NDArray


class DepthImage(NamedTuple):
    """What a planner is given.

    Attributes:
        depth: (H, W) metres along the optical axis; 0 where nothing was seen.
        camera: Intrinsics.
        mask: (H, W) True on objects; None to find out.
    """

    depth: NDArray[np.float32]
    camera: CameraIntrinsics
    mask: NDArray[np.bool_] | None = None


Shown = DepthImage | NDArray[np.float32]
"""An image, or the (n, 3) points of a cloud in metres."""
