"""Rectification of depth images and masks from cameras with lens distortion."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeVar

import cv2
from dexnet_core.geometry.camera import CameraIntrinsics, pixel_rays
import numpy as np
from numpy.typing import NDArray

Label = TypeVar('Label', bound=np.generic)
_COUNTS = {
    'plumb_bob': (4, 5, 8),
    'rational_polynomial': (8,),
    'thin_prism': (12, 14),
    'equidistant': (4,),
    'fisheye': (4,),
}
"""Numbers of coefficients. Orbbec's driver names the 8 of rational_polynomial plumb_bob."""
_FISHEYES = ('equidistant', 'fisheye')
_IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True)
class Lens:
    """A lens with distortion and the pinhole camera that images are rectified to.

    Attributes:
        raw: Focal lengths and principal point of the lens.
        rectified: The pinhole camera of rectified images, of the same size.
        model: Distortion model, by its name in ROS: plumb_bob, rational_polynomial, thin_prism,
            equidistant or fisheye.
        coefficients: Distortion coefficients in the order of OpenCV.
        rotation: Rotation matrix, row by row, from the lens's frame to the pinhole's.

    Raises:
        ValueError: The model is unknown, or has another number of coefficients.
    """

    raw: CameraIntrinsics
    rectified: CameraIntrinsics
    model: str
    coefficients: tuple[float, ...]
    rotation: tuple[float, ...] = _IDENTITY

    def __post_init__(self) -> None:
        if self.model not in _COUNTS:
            expected = ', '.join(_COUNTS)
            raise ValueError(f'distortion model is {self.model!r}, expected one of {expected}')
        if len(self.coefficients) not in _COUNTS[self.model]:
            expected = ' or '.join(map(str, _COUNTS[self.model]))
            got = len(self.coefficients)
            raise ValueError(f'{self.model} has {got} coefficients, expected {expected}')
        self.raw.require_shape(self.rectified.shape, 'rectified image')


def rectified_depth(depth: NDArray[np.float32], lens: Lens) -> NDArray[np.float32]:
    """Rectify a depth image with nearest-neighbour interpolation.

    Depth is not blended between pixels, as there is no surface halfway between an object and the
    table. The result is 0 where nothing was seen and outside of the image of the lens. The pixel
    maps of the last four lenses are cached.

    Args:
        depth: (H, W) float32 metres along the optical axis of the lens; 0 where unseen.
        lens: Lens of the image.

    Returns:
        (H, W) float32 metres along the optical axis of the pinhole.

    Raises:
        ValueError: The image is not of the size of the lens.
    """
    lens.raw.require_shape(depth.shape, 'depth image')
    along = _maps(lens).along
    moved = _moved(np.ascontiguousarray(depth), lens)
    return moved if along is None else moved * along


def rectified_labels(labels: NDArray[Label], lens: Lens) -> NDArray[Label]:
    """Rectify a mask or labels with nearest-neighbour interpolation.

    Args:
        labels: (H, W) booleans or integers of at most 32 bits.
        lens: Lens of the image.

    Returns:
        (H, W) of the same type; 0 outside of the image of the lens.

    Raises:
        ValueError: The labels are not of the size of the lens.
    """
    lens.raw.require_shape(labels.shape, 'mask')
    moved = _moved(labels.astype(np.float64), lens)
    return moved.astype(labels.dtype)


class _Maps(NamedTuple):
    """Source of each pixel of the pinhole image; all are (H, W) float32.

    Attributes:
        u: Column in the image of the lens.
        v: Row.
        along: Factor of its depth; None if the lens is not rotated.
    """

    u: NDArray[np.float32]
    v: NDArray[np.float32]
    along: NDArray[np.float32] | None


def _moved(image: NDArray[np.floating], lens: Lens) -> NDArray[np.floating]:
    """Return the image with the nearest pixels of the lens, and 0 outside of its image."""
    maps = _maps(lens)
    moved = cv2.remap(image, maps.u, maps.v, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT)
    return moved.astype(image.dtype, copy=False)


@lru_cache(maxsize=4)
def _maps(lens: Lens) -> _Maps:
    rotation = np.reshape(lens.rotation, (3, 3))
    size = (lens.raw.width, lens.raw.height)
    coefficients = np.array(lens.coefficients)
    raw, rectified = _matrix(lens.raw), _matrix(lens.rectified)
    if lens.model in _FISHEYES:
        found = cv2.fisheye.initUndistortRectifyMap(
            raw, coefficients, rotation, rectified, size, cv2.CV_32FC1
        )
    else:
        found = cv2.initUndistortRectifyMap(
            raw, coefficients, rotation, rectified, size, cv2.CV_32FC1
        )
    to_u, to_v = (half.astype(np.float32, copy=False) for half in found)
    if lens.rotation == _IDENTITY:
        return _Maps(to_u, to_v, None)
    u, v = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    along = (pixel_rays(u, v, lens.rectified) @ rotation)[..., 2]  # z in the lens's frame
    return _Maps(to_u, to_v, np.where(along > 0, 1 / along, 0).astype(np.float32))


def _matrix(camera: CameraIntrinsics) -> NDArray[np.float64]:
    return np.array([[camera.fx, 0, camera.cx], [0, camera.fy, camera.cy], [0, 0, 1.0]])
