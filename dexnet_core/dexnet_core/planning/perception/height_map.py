"""Orthographic height maps along the optical axis, for collision checks of a gripper."""

from __future__ import annotations

from typing import NamedTuple

import cv2
from dexnet_core.geometry.camera import CameraIntrinsics
import numpy as np
from numpy.typing import NDArray

FAR = np.float32(1e3)
"""Depth in metres of unknown cells, which count as free."""

STEP = 0.002
"""Metres between cells for a gripper of the usual size."""


class HeightMap(NamedTuple):
    """The nearest surface over a grid perpendicular to the optical axis.

    Attributes:
        depth: (h, w) float32 metres along the optical axis; FAR where nothing is known.
        corner: (x, y) metres of the middle of the first cell, in the optical frame.
        step: Metres from one cell to the next.
    """

    depth: NDArray[np.float32]
    corner: tuple[float, float]
    step: float

    def at(self, x: NDArray[np.floating], y: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return the depth in the cells nearest to places in metres; FAR off the map."""
        column, row = (
            np.rint((place - np.float32(start)) * np.float32(1 / self.step)).astype(np.int32)
            for place, start in zip((x, y), self.corner, strict=True)
        )
        high, wide = self.depth.shape
        inside = (column >= 0) & (column < wide) & (row >= 0) & (row < high)
        return np.where(inside, self.depth.ravel()[np.where(inside, row * wide + column, 0)], FAR)

    def with_hidden(self, reach: float) -> HeightMap:
        """Return the map with known surfaces grown into unknown cells.

        Round objects continue where a camera from the side cannot see them.

        Args:
            reach: Metres by which surfaces grow.
        """
        cells = round(reach / self.step)
        if not cells:
            return self
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * cells + 1, 2 * cells + 1))
        nearest = cv2.erode(self.depth, disc)
        return self._replace(depth=np.where(self.depth >= FAR, nearest, self.depth))


def height_map(
    depth: NDArray[np.float32], camera: CameraIntrinsics, margin: float, step: float = STEP
) -> HeightMap:
    """Project the points of a depth image onto a grid perpendicular to the optical axis.

    Empty cells between known ones take the nearest surface beside them; occluded regions stay
    unknown.

    Args:
        depth: (H, W) metres; 0 where nothing was seen; at least one pixel is measured.
        camera: Intrinsics of the image.
        margin: Metres of unknown cells around the points.
        step: Metres from one cell to the next.
    """
    seen = depth > 0
    height, width = depth.shape
    x = depth * ((np.arange(width, dtype=np.float32) - camera.cx) / camera.fx)
    y = depth * ((np.arange(height, dtype=np.float32) - camera.cy) / camera.fy)[:, None]
    x, y, z = x[seen], y[seen], depth[seen]
    corner = float(x.min() - margin), float(y.min() - margin)
    column = ((x - corner[0]) / step + 0.5).astype(np.intp)
    row = ((y - corner[1]) / step + 0.5).astype(np.intp)
    pad = int(np.ceil(margin / step)) + 1
    nearest = np.full((row.max() + pad, column.max() + pad), FAR, np.float32)
    np.minimum.at(nearest.ravel(), row * nearest.shape[1] + column, z)
    return HeightMap(gaps_closed(nearest), corner, step)


def block_unseen_margins(
    heights: HeightMap, camera: CameraIntrinsics, distance: float
) -> HeightMap:
    """Return the map with a wall outside of the image, at a distance in metres.

    Occluded regions inside of the image count as free; beyond its edge, objects may continue.
    """
    (x0, y0), step = heights.corner, heights.step
    rows, columns = heights.depth.shape
    u = (x0 + step * np.arange(columns)) * camera.fx / distance + camera.cx
    v = (y0 + step * np.arange(rows)) * camera.fy / distance + camera.cy
    inside = (
        ((v > -0.5) & (v < camera.height - 0.5))[:, None] & (u > -0.5) & (u < camera.width - 0.5)
    )
    return heights._replace(depth=np.where(inside, heights.depth, np.float32(0)))


def gaps_closed(nearest: NDArray[np.float32]) -> NDArray[np.float32]:
    """Fill unknown cells between known ones with the nearest surface around; outlines stay."""
    around = np.ones((5, 5), np.uint8)
    known = (nearest < FAR).astype(np.uint8)
    between = cv2.morphologyEx(known, cv2.MORPH_CLOSE, around) > known
    return np.where(between, cv2.erode(nearest, around), nearest)
