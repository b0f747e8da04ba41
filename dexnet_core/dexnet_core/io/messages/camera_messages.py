"""Conversion of CameraInfo messages to pinhole cameras and lens models."""

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
    """Return the pinhole camera of a rectified image, from P, or from K if P is not set.

    Binning and region of interest are applied, as in image_geometry. The fourth column of P, the
    baseline of a stereo pair, is ignored.

    Raises:
        ValueError: The camera is not calibrated, or its size or region is invalid.
    """
    projection = np.reshape(msg.p, (3, 4))
    return _windowed(msg, projection if projection[0, 0] > 0 else np.reshape(msg.k, (3, 3)))


def camera_of_image(msg: CameraInfoMessage, shape: tuple[int, int]) -> CameraFit:
    """Return the pinhole camera of a rectified image of (H, W) pixels; see `fit_camera`.

    Raises:
        ValueError: The camera is not calibrated, or does not match the image.
    """
    return _fitted(msg, camera_from_msg(msg), shape)


def lens_of_image(msg: CameraInfoMessage, shape: tuple[int, int]) -> Lens | None:
    """Return the lens model of a raw image of (H, W) pixels; None if nothing is to be rectified.

    Raises:
        ValueError: The camera is not calibrated, does not match the image, or its distortion
            model is not supported.
    """
    rotation = tuple(map(float, msg.r)) if any(msg.r) else _IDENTITY
    raw = _fitted(msg, _windowed(msg, np.reshape(msg.k, (3, 3))), shape).camera
    rectified = camera_of_image(msg, shape).camera
    if not has_distortion(msg) and rotation == _IDENTITY and raw == rectified:
        return None
    coefficients = tuple(msg.d) or (0.0,) * 5
    return Lens(raw, rectified, msg.distortion_model or 'plumb_bob', coefficients, rotation)


def has_distortion(msg: CameraInfoMessage) -> bool:
    """Return whether a distortion coefficient is not zero."""
    return any(msg.d)


def region_from_msg(msg: RegionMessage) -> Region:
    """Return the rectangle of pixels; `do_rectify` is ignored."""
    return Region(msg.x_offset, msg.y_offset, msg.width, msg.height)


def _windowed(msg: CameraInfoMessage, matrix: NDArray[np.float64]) -> CameraIntrinsics:
    (fx, _, cx), (_, fy, cy) = matrix[:2, :3].tolist()
    full = CameraIntrinsics(msg.width, msg.height, fx, fy, cx, cy)
    binning = max(1, msg.binning_x), max(1, msg.binning_y)
    return window_camera(full, region_from_msg(msg.roi), binning)


def _fitted(msg: CameraInfoMessage, camera: CameraIntrinsics, shape: tuple[int, int]) -> CameraFit:
    """Fit the camera to the image size; a region of interest is not fitted.

    The principal point of a region of interest may be anywhere.
    """
    if any(region_from_msg(msg.roi)) and camera.shape == shape:
        return CameraFit(camera)
    return fit_camera(camera, shape)
