"""Images of the objects at the scale and depth level of crop networks.

Planner, data generation and analysis all use this module, so that the inputs of networks are the
same on the robot and in training.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
from dexnet_core.planning.contracts.crop_contract import CropScale
from dexnet_core.planning.perception.cells import CellGrid
from dexnet_core.planning.perception.crop import aligned_crops
from dexnet_core.planning.perception.segment import box_around, SegmentedImage
import numpy as np
from numpy.typing import NDArray


class ObjectImage(NamedTuple):
    """Position of square images that contain all objects of a view, at the scale of crops.

    Attributes:
        middle: (2,) pixel (u, v) midway across the objects.
        step: (2,) pixels (u, v) of the view that a pixel of the image spans.
        size: (2,) pixels of the image that the objects span along u and v.
        distance: Metres along the optical axis at which the scale holds: the objects' median.
        metres_per_pixel: Metres that a pixel of the image spans at that distance.
    """

    middle: NDArray[np.float64]
    step: NDArray[np.float64]
    size: NDArray[np.float64]
    distance: float
    metres_per_pixel: float

    def images(
        self,
        depth: NDArray[np.float32],
        segmented: SegmentedImage,
        angles: NDArray[np.float64],
        side: int,
    ) -> NDArray[np.float32]:
        """Return (n, side, side) metres around the middle, rotated by (n,) radians.

        Args:
            depth: (H, W) metres of the view, without unseen pixels.
            segmented: The view.
            angles: See `aligned_crops`.
            side: Pixels.
        """
        count = len(angles)
        place = np.tile(self.middle, (count, 1)), angles, np.full(count, self.distance)
        return aligned_crops(
            depth, segmented.camera, *place, CropScale(side, self.metres_per_pixel)
        )

    def grid(self, cells: int, stride: int) -> CellGrid:
        """Return the grid of (cells, cells) cells around the middle, `stride` pixels apart."""
        cell = self.step * stride
        return CellGrid(tuple(self.middle - (cells - 1) / 2 * cell), tuple(cell))


def object_image(segmented: SegmentedImage, metres_per_pixel: float) -> ObjectImage:
    """Return the position of images of the objects, which have at least one pixel."""
    camera, distance = segmented.camera, median_depth(segmented)
    box = box_around(segmented.objects, 0)
    middle = np.array([box.u0 + box.u1 - 1, box.v0 + box.v1 - 1]) / 2
    step = np.array([camera.fx, camera.fy]) * metres_per_pixel / distance
    size = np.array([box.u1 - box.u0, box.v1 - box.v0]) / step
    return ObjectImage(middle, step, size, distance, metres_per_pixel)


def median_depth(segmented: SegmentedImage) -> float:
    """Return the median depth in metres of the objects, which have at least one pixel."""
    return float(np.median(segmented.depth[segmented.objects]))


def level_of(depth: NDArray[np.float32], segmented: SegmentedImage, scale: CropScale) -> float:
    """Return the mean depth in metres of the upright crops around all object pixels.

    Args:
        depth: (H, W) metres, without unseen pixels.
        segmented: The view; its objects have at least one pixel.
        scale: Scale of the crops, at the objects' median depth.
    """
    camera = segmented.camera
    pixels_per_metre = np.array([camera.fx, camera.fy]) / median_depth(segmented)
    size = scale.crop * scale.metres_per_pixel * pixels_per_metre
    window = tuple(np.maximum(1, np.round(size)).astype(int).tolist())
    around = cv2.blur(depth, window, borderType=cv2.BORDER_REPLICATE)
    return float(around[segmented.objects].mean(dtype=float))
