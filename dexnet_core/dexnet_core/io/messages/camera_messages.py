"""CameraInfo messages as cameras and lenses."""

from __future__ import annotations

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.geometry.camera_fit import CameraFit, fit_camera
from dexnet_core.io.messages.protocols import CameraInfoMessage, RegionMessage
from dexnet_core.planning.perception.rectification import Lens
from dexnet_core.planning.planners.request import Region, window_camera
import numpy as np
from numpy.typing import NDArray

_IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


def camera_from_msg(msg: CameraInfoMessage) -> CameraIntrinsics:
    """Return the pinhole camera of a rectified image: P, or K where P is not filled in.

    Binning and region of interest are applied, as image_geometry does; what P says of a second
    camera (its fourth column) is not.

    Raises:
        ValueError: The camera is not calibrated, or its size or region is impossible.
    """
    projection = np.reshape(msg.p, (3, 4))
    return _windowed(msg, projection if projection[0, 0] > 0 else np.reshape(msg.k, (3, 3)))


def camera_of_image(msg: CameraInfoMessage, shape: tuple[int, int]) -> CameraFit:
    """Return the pinhole camera of a rectified image of (H, W) pixels; see `fit_camera`.

    Raises:
        ValueError: The camera is not calibrated, or not that of the image.
    """
    return _fitted(msg, camera_from_msg(msg), shape)


def lens_of_image(msg: CameraInfoMessage, shape: tuple[int, int]) -> Lens | None:
    """Return the lens of a raw image of (H, W) pixels; None where it is that of a pinhole.

    Raises:
        ValueError: The camera is not calibrated, not that of the image, or its distortion cannot
            be undone.
    """
    rotation = tuple(map(float, msg.r)) if any(msg.r) else _IDENTITY
    raw = _fitted(msg, _windowed(msg, np.reshape(msg.k, (3, 3))), shape).camera
    rectified = camera_of_image(msg, shape).camera
    if not has_distortion(msg) and rotation == _IDENTITY and raw == rectified:
        return None
    coefficients = tuple(msg.d) or (0.0,) * 5
    return Lens(raw, rectified, msg.distortion_model or 'plumb_bob', coefficients, rotation)


def has_distortion(msg: CameraInfoMessage) -> bool:
    """Tell whether the lens is not that of a pinhole."""
    return any(msg.d)


def region_from_msg(msg: RegionMessage) -> Region:
    """Return the rectangle of pixels; whether it is rectified does not matter here."""
    return Region(msg.x_offset, msg.y_offset, msg.width, msg.height)


def _windowed(msg: CameraInfoMessage, matrix: NDArray[np.float64]) -> CameraIntrinsics:
    (fx, _, cx), (_, fy, cy) = matrix[:2, :3].tolist()
    full = CameraIntrinsics(msg.width, msg.height, fx, fy, cx, cy)
    binning = max(1, msg.binning_x), max(1, msg.binning_y)
    return window_camera(full, region_from_msg(msg.roi), binning)


def _fitted(msg: CameraInfoMessage, camera: CameraIntrinsics, shape: tuple[int, int]) -> CameraFit:
    """Return the camera at the size of an image; of a window, the centre may be anywhere."""
    if any(region_from_msg(msg.roi)) and camera.shape == shape:
        return CameraFit(camera)
    return fit_camera(camera, shape)
