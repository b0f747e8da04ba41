"""Aligned crops: small depth images around grasps, rotated to the same orientation of the grasp.

Data generation, planner and analysis all use this module. The convention is that of Dex-Net 2.0
(section V-A): the grasp's pixel is the centre of the crop and its axis the middle row; for
suction, the approach lies along the middle column (Dex-Net 3.0, section V).
"""

from __future__ import annotations

import cv2
from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.planning.contracts.crop_contract import CropScale
import numpy as np
from numpy.typing import NDArray

_HALF = 0.5 + 1e-6  # halves always round up, despite rounding errors, and steps are even


def aligned_crops(
    depth: NDArray[np.float32],
    camera: CameraIntrinsics,
    pixels: NDArray[np.floating],
    angles: NDArray[np.floating],
    distances: NDArray[np.floating],
    scale: CropScale,
) -> NDArray[np.float32]:
    """Cut one rotated crop of a metric size around each pixel.

    The optical direction (cos a, sin a, 0), a counted from +x (image right, +u) towards +y
    (image down, +v), becomes the crop's +x, so that it runs to the right along the middle row;
    the direction a quarter turn further becomes the crop's +y, downwards. A pixel (u, v) is at
    the crop's centre, (crop - 1) / 2 in both directions. Interpolation is nearest-neighbour, so
    unseen pixels never blend with others; beyond the image, its edge pixels are repeated.

    Args:
        depth: (H, W) metres along the optical axis; 0 where nothing was seen.
        camera: Intrinsics at the size of the image.
        pixels: (n, 2) (u, v) of the centres; need not be whole numbers.
        angles: (n,) radians.
        distances: (n,) metres along the optical axis at which a crop has its scale.
        scale: Pixels of a crop and the metres that one of them spans.

    Returns:
        (n, crop, crop) float32 metres; 0 where nothing was seen.

    Raises:
        ValueError: The image is not of the camera's size, the shapes of the arrays do not fit
            each other, or a distance is not positive.
    """
    camera.require_shape(depth.shape, 'depth')
    _require_rows(pixels, angles, distances)
    steps = scale.metres_per_pixel * (np.arange(scale.crop) - (scale.crop - 1) / 2)
    cos, sin = np.cos(angles)[:, None, None], np.sin(angles)[:, None, None]
    right, down = steps[None, None, :], steps[None, :, None]
    nearness = 1 / np.asarray(distances, float)[:, None, None]
    u = pixels[:, 0, None, None] + camera.fx * nearness * (cos * right - sin * down)
    v = pixels[:, 1, None, None] + camera.fy * nearness * (sin * right + cos * down)
    return depth[_nearest(v, camera.height), _nearest(u, camera.width)]


def suction_angles(approaches: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return (n,) radians that align approaches with the middle column of their crops.

    Args:
        approaches: (n, 3) into the object, in the optical frame; their component perpendicular to
            the optical axis points down the column. For approaches along the axis, the angle is 0.
    """
    approaches = np.asarray(approaches, float)
    facing = np.hypot(approaches[:, 0], approaches[:, 1]) < 1e-9
    angles = np.arctan2(-approaches[:, 0], approaches[:, 1])
    return np.where(facing, 0.0, angles)


def filled(depth: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the image with unseen pixels filled from the measured pixels around them.

    At half the resolution, holes are closed from their edges with the mean of the measured
    neighbours. Unseen pixels take this result, linearly interpolated (as in gqcnn's policies).

    Args:
        depth: (H, W) float32 metres; 0 where nothing was seen.

    Returns:
        (H, W) float32 metres without zeros; the same image if next to nothing was seen.
    """
    height, width = depth.shape
    half = (max(1, width // 2), max(1, height // 2))
    grown = cv2.resize(depth, half, interpolation=cv2.INTER_NEAREST).astype(np.float32, copy=False)
    while grown.any() and not grown.all():
        grown = _grown(grown)
    smooth = cv2.resize(grown, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.where(depth > 0, depth, smooth)


def _grown(depth: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the image with each unseen pixel beside measured ones set to their mean."""
    total, seen = (
        cv2.boxFilter(image, -1, (3, 3), normalize=False, borderType=cv2.BORDER_REFLECT)
        for image in (depth, (depth > 0).astype(np.float32))
    )
    return np.where(depth > 0, depth, total / np.maximum(seen, 1))


def _nearest(places: NDArray[np.float64], size: int) -> NDArray[np.intp]:
    """Return the nearest pixels within an image."""
    return np.clip(np.floor(places + _HALF), 0, size - 1).astype(np.intp)


def _require_rows(
    pixels: NDArray[np.floating], angles: NDArray[np.floating], distances: NDArray[np.floating]
) -> None:
    if pixels.ndim != 2 or pixels.shape[1] != 2:
        raise ValueError(f'pixels are {pixels.shape}, expected (n, 2)')
    for name, values in (('angles', angles), ('distances', distances)):
        if values.shape != (len(pixels),):
            raise ValueError(f'{name} are {values.shape}, expected ({len(pixels)},) as pixels')
    if not (distances > 0).all():
        raise ValueError(f'distance {np.min(distances)}, expected > 0 m')
