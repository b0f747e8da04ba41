"""Metric views: depth images resampled to a metric scale, the input of a network.

Training and robot both use `metric_view`, the only function that scales and normalises. One pixel
of the view spans `contract.metres_per_pixel` at the reference depth, for any focal length and
distance of the camera. Depth is encoded as relief over its surroundings, which does not depend on
the distance of the camera and is zero on every plane, also on a tilted one.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.planning.contracts.view_contract import ModelContract
from dexnet_core.planning.perception.cells import CellGrid
import numpy as np
from numpy.typing import NDArray

CHANNELS = 4
"""Fine relief, coarse relief, seen, log of depth over the reference depth."""

_RELIEF_LIMIT = 2.0
_LOG_DEPTH_SCALE = 0.25
_SEEN_SHARE = 0.5
_MOST_SCALE = 40.0
"""Maximum number of pixels of a view per pixel of the image, along an axis."""
MOST_PIXELS = 800_000
"""Maximum number of pixels of a view."""
_MOST_COARSER = 0.7
"""Minimum scale of a view over the contract's scale, if it would be too large otherwise."""


class PixelBox(NamedTuple):
    """The pixels u0 <= u < u1, v0 <= v < v1 of an image."""

    u0: int
    v0: int
    u1: int
    v1: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index of the box in an (H, W) array."""
        return slice(self.v0, self.v1), slice(self.u0, self.u1)


class MetricView(NamedTuple):
    """The input of a network and its position in the depth image.

    Attributes:
        tensor: (1, CHANNELS, H, W) float32; H and W are multiples of the contract's `multiple`.
        box: The pixels of the depth image that the view covers.
        scale: (su, sv) view pixels per image pixel.
        stride: View pixels per output cell.
    """

    tensor: NDArray[np.float32]
    box: PixelBox
    scale: tuple[float, float]
    stride: int

    @property
    def grid(self) -> CellGrid:
        """Positions of the network's output cells in the image."""
        su, sv = (self.stride / scale for scale in self.scale)
        return CellGrid((su / 2 - 0.5 + self.box.u0, sv / 2 - 0.5 + self.box.v0), (su, sv))


def metric_view(
    depth: NDArray[np.float32],
    camera: CameraIntrinsics,
    reference_depth: float,
    contract: ModelContract,
    box: PixelBox | None = None,
) -> MetricView:
    """Resample a depth image to the contract's metric scale and normalise it.

    Args:
        depth: (H, W) metres along the optical axis; 0 where nothing was seen.
        camera: Intrinsics of the whole image.
        reference_depth: Depth in metres at which the view has the contract's scale; the median
            depth of what is to be grasped.
        contract: Scales of the network.
        box: The pixels to resample; all by default.

    Raises:
        ValueError: The image is not of the camera's size, the reference depth is not positive, or
            the view would be too large.
    """
    camera.require_shape(depth.shape, 'depth')
    if not reference_depth > 0:
        raise ValueError(f'reference depth is {reference_depth}, expected > 0 m')
    box = box or PixelBox(0, 0, camera.width, camera.height)
    step = contract.metres_per_pixel
    wanted = (reference_depth / (camera.fx * step), reference_depth / (camera.fy * step))
    if max(wanted) > _MOST_SCALE:
        span = reference_depth / min(camera.fx, camera.fy)
        raise ValueError(
            f'a pixel spans {span:.3g} m at the reference depth: are the intrinsics in pixels?'
        )
    z, seen = _resample(depth[box.slices], _affordable(wanted, box))
    scale = (z.shape[1] / (box.u1 - box.u0), z.shape[0] / (box.v1 - box.v0))
    tensor = _padded(_channels(z, seen, reference_depth, contract), contract.multiple)
    return MetricView(tensor[None], box, scale, contract.stride)


def _affordable(scale: tuple[float, float], box: PixelBox) -> tuple[float, float]:
    """Return the scale, made a little coarser if the view would have too many pixels.

    Raises:
        ValueError: The view would still have too many pixels.
    """
    width, height = (box.u1 - box.u0) * scale[0], (box.v1 - box.v0) * scale[1]
    coarser = min(1.0, (MOST_PIXELS / (width * height)) ** 0.5)
    if coarser < _MOST_COARSER:
        raise ValueError(
            f'the view of the objects would be {width:.0f}x{height:.0f} pixels, expected at most '
            f'{MOST_PIXELS}: are the intrinsics in pixels?'
        )
    return scale[0] * coarser, scale[1] * coarser


def _resample(
    depth: NDArray[np.float32], scale: tuple[float, float]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return depth and a 0/1 map of seen pixels, at the nearest size of that scale in pixels."""
    h, w = depth.shape
    size = (max(1, round(w * scale[0])), max(1, round(h * scale[1])))
    how = cv2.INTER_AREA if size[0] < w else cv2.INTER_LINEAR
    share = cv2.resize((depth > 0).astype(np.float32), size, interpolation=how)
    z = cv2.resize(np.ascontiguousarray(depth), size, interpolation=how)
    seen = share > _SEEN_SHARE
    mean = np.zeros(seen.shape, np.float32)
    np.divide(z, share, out=mean, where=seen)
    return mean, seen.astype(np.float32)


def _channels(
    z: NDArray[np.float32],
    seen: NDArray[np.float32],
    reference_depth: float,
    contract: ModelContract,
) -> NDArray[np.float32]:
    """Return the (CHANNELS, h, w) normalised channels; zero where nothing was seen."""
    fine, coarse = (
        _relief(z, seen, window / contract.metres_per_pixel) / np.float32(scale)
        for window, scale in (
            (contract.fine_window, contract.fine_scale),
            (contract.coarse_window, contract.coarse_scale),
        )
    )
    log_depth = np.log(np.where(seen > 0, z, reference_depth) / np.float32(reference_depth))
    log_depth /= _LOG_DEPTH_SCALE
    channels = np.stack([fine, coarse, seen, log_depth]).astype(np.float32, copy=False)
    return np.clip(channels, -_RELIEF_LIMIT, _RELIEF_LIMIT, out=channels)


def _relief(
    z: NDArray[np.float32], seen: NDArray[np.float32], window: float
) -> NDArray[np.float32]:
    """Return the height in metres of each pixel, towards the camera, over the mean around it."""
    side = 2 * round(window / 2) + 1
    total, count = (
        cv2.boxFilter(image, -1, (side, side), normalize=False, borderType=cv2.BORDER_CONSTANT)
        for image in (z, seen)
    )
    mean = np.asarray(total / np.maximum(count, 1), np.float32)
    return np.asarray((mean - z) * seen, np.float32)


def _padded(channels: NDArray[np.float32], multiple: int) -> NDArray[np.float32]:
    """Return the channels with unseen pixels added at the right and bottom."""
    _, h, w = channels.shape
    return np.pad(channels, ((0, 0), (0, -h % multiple), (0, -w % multiple)))
