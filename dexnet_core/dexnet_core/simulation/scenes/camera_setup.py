"""The camera of a cell, as a YAML file describes it for trials and picks."""

from __future__ import annotations

from dataclasses import dataclass

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.io.checks import require_angles, require_ranges, require_shares
import numpy as np

_FARTHEST = 6.5
"""Metres that stored views have room for."""


@dataclass(frozen=True)
class CameraSetup:
    """What a camera is and where it hangs; each pair is (least, greatest).

    Attributes:
        width: Pixels of a row.
        height: Pixels of a column.
        fx: Focal length in pixels, along a row.
        fy: Focal length in pixels, along a column.
        cx: Principal point in pixels from the middle of the first one.
        cy: Principal point in pixels from the middle of the first one.
        distance: Metres along the optical axis to what it looks at.
        tilt: Radians of the optical axis from straight down.
        noise: Share of the upper ends of `NoiseSettings`; 0.2 is a common stereo camera.
        stereo: Share of the trials that a simulated stereo camera sees instead.

    Raises:
        ValueError: No camera has such intrinsics, or a range is not ordered.
    """

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    distance: tuple[float, float] = (0.4, 1.0)
    tilt: tuple[float, float] = (0.0, 0.35)
    noise: tuple[float, float] = (0.05, 0.5)
    stereo: float = 0.3

    def __post_init__(self) -> None:
        require_ranges(self, 'distance', 'noise')
        require_angles(self, 'tilt', np.pi / 2)
        require_shares(self, 'stereo')
        if self.distance[1] > _FARTHEST:
            raise ValueError(f'distance is {self.distance}, expected metres up to {_FARTHEST}')
        if self.noise[1] > 1:
            raise ValueError(f'noise is {self.noise}, expected at most 1')
        _ = self.intrinsics  # refuses what no camera has

    @property
    def intrinsics(self) -> CameraIntrinsics:
        """The pinhole camera."""
        return CameraIntrinsics(self.width, self.height, self.fx, self.fy, self.cx, self.cy)
