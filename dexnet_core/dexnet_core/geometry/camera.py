"""Pinhole camera model: conversion between pixels with depth and points."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

MILLIMETRES = 1000.0
"""Millimetres per metre."""
_MOST_STRETCHED = 10.0
"""Aspect ratio of a pixel, or its inverse, that no camera reaches."""


@dataclass(frozen=True)
class CameraIntrinsics:
    """A pinhole camera without distortion.

    The optical frame has x right, y down and z forward. Focal lengths and the principal point
    are in pixels; pixel (0, 0) is the centre of the first pixel.

    Raises:
        ValueError: A size or focal length is not positive (an uncalibrated camera), or the two
            focal lengths differ too much.
    """

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ValueError(f'camera image is {self.width}x{self.height}, expected at least 1x1')
        for name in ('fx', 'fy'):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f'camera {name} is {value}, expected > 0: is it calibrated?')
        if not 1 / _MOST_STRETCHED < self.fx / self.fy < _MOST_STRETCHED:
            raise ValueError(
                f'camera fx is {self.fx:g} and fy {self.fy:g}, expected nearly the same: are both '
                'in pixels?'
            )
        if not (math.isfinite(self.cx) and math.isfinite(self.cy)):
            raise ValueError(f'camera centre is ({self.cx}, {self.cy}), expected finite pixels')

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W) of an image of this camera."""
        return self.height, self.width

    def require_shape(self, shape: tuple[int, ...], what: str) -> None:
        """Raise ValueError unless an image of that shape is one of this camera."""
        if tuple(shape) != self.shape:
            raise ValueError(f'{what} is {shape}, camera is {self.shape} (height, width)')


def pixel_rays(
    u: NDArray[np.number], v: NDArray[np.number], camera: CameraIntrinsics
) -> NDArray[np.float64]:
    """Return the (..., 3) points at depth 1 m, in the optical frame, of the pixels (u, v)."""
    x = (np.asarray(u, float) - camera.cx) / camera.fx
    y = (np.asarray(v, float) - camera.cy) / camera.fy
    return np.stack([x, y, np.ones_like(x)], axis=-1)


def deproject(
    depth: NDArray[np.float32], camera: CameraIntrinsics, step: int = 1
) -> NDArray[np.float32]:
    """Deproject every step-th row and column of a depth image to points.

    Args:
        depth: (H, W) metres along the optical axis; 0 where nothing was seen.
        camera: Intrinsics at the size of the image.
        step: Pixels between neighbouring points.

    Returns:
        (ceil(H / step), ceil(W / step), 3) metres in the optical frame; zero where depth is 0.
    """
    z = depth[::step, ::step]
    x = (np.arange(0, camera.width, step, dtype=np.float32) - camera.cx) / camera.fx
    y = (np.arange(0, camera.height, step, dtype=np.float32) - camera.cy) / camera.fy
    points = np.empty((*z.shape, 3), np.float32)
    np.multiply(z, x[None, :], out=points[..., 0])
    np.multiply(z, y[:, None], out=points[..., 1])
    points[..., 2] = z
    return points


def project(points: NDArray[np.floating], camera: CameraIntrinsics) -> NDArray[np.float64]:
    """Return the (..., 2) pixels (u, v) of (..., 3) points in the optical frame."""
    points = np.asarray(points, float)
    z = points[..., 2]
    u = points[..., 0] / z * camera.fx + camera.cx
    v = points[..., 1] / z * camera.fy + camera.cy
    return np.stack([u, v], axis=-1)


def depth_from_image(image: NDArray[np.generic], scale: float = 0.0) -> NDArray[np.float32]:
    """Convert a stored depth image to (H, W) float32 metres; 0 where nothing was seen.

    Floating point values are metres and uint16 values are millimetres (REP-118) unless a scale is
    given. 0, negative, NaN and infinite values count as not seen. This is the only place where
    stored depth is decoded.

    Args:
        image: (H, W), (H, W, 1) or (1, H, W), floating point or uint16; any integers with a scale.
        scale: Metres per unit of the stored values; 0 for the default of the data type.

    Raises:
        ValueError: The shape or type is unsupported, the image is empty, or the scale is negative
            or not finite.
    """
    image = one_channel(image)
    if not (math.isfinite(scale) and scale >= 0):
        raise ValueError(f'depth scale is {scale}, expected metres per unit, or 0 for the default')
    if image.dtype.kind == 'u' and image.dtype.itemsize == 2:
        return image.astype(np.float32) * np.float32(scale or 1 / MILLIMETRES)
    if image.dtype.kind != 'f' and not (image.dtype.kind in 'iu' and scale):
        raise ValueError(
            f'depth image is {image.dtype}, expected floating point (metres) or uint16 '
            '(millimetres); other integers need a depth scale'
        )
    with np.errstate(over='ignore'):  # too large values become infinite: not seen
        depth = np.asarray(image, np.float32)
        if scale:
            depth = depth * np.float32(scale)
    seen = np.isfinite(depth) & (depth > 0)
    return depth if seen.all() else np.where(seen, depth, np.float32(0))


def one_channel(image: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return an (H, W), (H, W, 1) or (1, H, W) image as (H, W).

    Raises:
        ValueError: The image has another shape, or is empty.
    """
    got = image.shape
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[..., 0]
    elif image.ndim == 3 and image.shape[0] == 1:
        image = image[0]
    if image.ndim != 2 or image.size == 0:
        raise ValueError(f'depth image has shape {got}, expected (height, width)')
    return image
