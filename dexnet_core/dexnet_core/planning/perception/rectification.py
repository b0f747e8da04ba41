"""Depth images as a camera without distortion would have taken them."""

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
"""Orbbec's driver gives the 8 of rational_polynomial under the name plumb_bob."""
_FISHEYES = ('equidistant', 'fisheye')
_IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True)
class Lens:
    """How the image of a lens differs from that of a pinhole.

    Attributes:
        raw: Focal lengths and principal point of the lens.
        rectified: The pinhole whose image is wanted, of the same size.
        model: Of the distortion, by its name in ROS: plumb_bob, rational_polynomial, thin_prism,
            equidistant or fisheye.
        coefficients: Of the distortion, in the order of OpenCV.
        rotation: Row by row, turns directions in the lens's frame into the pinhole's.

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
    """Return what the pinhole of a lens sees, from the nearest pixel that the lens has seen.

    Depth is not blended between pixels: halfway between an object and the table is nothing. Where
    the lens saw nothing, and beside its image, the result is 0. How pixels move is worked out once
    for each of the last four lenses.

    Args:
        depth: (H, W) float32 metres along the optical axis of the lens; 0 where unseen.
        lens: That the image was taken with.

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
    """Return what a mask or labels of the lens's image are in that of its pinhole.

    Args:
        labels: (H, W) booleans or integers of at most 32 bits.
        lens: That the image was taken with.

    Returns:
        (H, W) of the same type; 0 beside the image of the lens.

    Raises:
        ValueError: They are not of the size of the lens.
    """
    lens.raw.require_shape(labels.shape, 'mask')
    moved = _moved(labels.astype(np.float64), lens)
    return moved.astype(labels.dtype)


class _Maps(NamedTuple):
    """Where each pixel of a pinhole comes from; all are (H, W) float32.

    Attributes:
        u: Column in the image of the lens.
        v: Row.
        along: Factor of its depth; None where the lens is not turned.
    """

    u: NDArray[np.float32]
    v: NDArray[np.float32]
    along: NDArray[np.float32] | None


def _moved(image: NDArray[np.floating], lens: Lens) -> NDArray[np.floating]:
    """Return the image with the nearest pixels of the lens, and 0 beside them."""
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
