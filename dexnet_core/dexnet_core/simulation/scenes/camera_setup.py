"""Configuration of the camera of a robot cell for simulated trials and picks (YAML)."""

from __future__ import annotations

from dataclasses import dataclass

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.planning.values.checks import require_angles, require_ranges, require_shares
import numpy as np

_FARTHEST = 6.5
"""Maximum depth in metres that stored views can represent."""


@dataclass(frozen=True)
class CameraSetup:
    """Intrinsics and placement of a camera; each pair is (minimum, maximum).

    Attributes:
        width: Image width in pixels.
        height: Image height in pixels.
        fx: Focal length along the rows in pixels.
        fy: Focal length along the columns in pixels.
        cx: Column of the principal point in pixels; 0 is the centre of the first pixel.
        cy: Row of the principal point in pixels; 0 is the centre of the first pixel.
        distance: Distance along the optical axis to the target point in metres.
        tilt: Angle between the optical axis and straight down in radians.
        noise: Noise strength from 0 to 1, see `measure`; 0.2 corresponds to a common stereo
            camera.
        stereo: Fraction of the trials that use a simulated stereo camera instead.

    Raises:
        ValueError: The intrinsics are invalid, or a range is not ordered.
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
        _ = self.intrinsics  # raises ValueError for invalid intrinsics

    @property
    def intrinsics(self) -> CameraIntrinsics:
        """Intrinsics of the pinhole camera."""
        return CameraIntrinsics(self.width, self.height, self.fx, self.fy, self.cx, self.cy)
