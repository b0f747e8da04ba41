"""The cells of a heat map and their positions in the image."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray


class CellGrid(NamedTuple):
    """A regular grid of cells over an image.

    Attributes:
        origin: Pixel (u, v) of the middle of the first cell.
        step: Pixels (u, v) from one cell to the next.
    """

    origin: tuple[float, float]
    step: tuple[float, float]

    def cells_of_pixels(self, pixels: NDArray[np.number]) -> NDArray[np.float64]:
        """Return the (n, 2) continuous cells (column, row) of (n, 2) image pixels (u, v)."""
        return (np.asarray(pixels, float) - self.origin) / self.step

    def pixels_of_cells(self, cells: NDArray[np.number]) -> NDArray[np.float64]:
        """Return the (n, 2) image pixels (u, v) of (n, 2) cells (column, row)."""
        return np.asarray(cells, float) * self.step + self.origin

    def on(self, mask: NDArray[np.bool_], shape: tuple[int, int]) -> NDArray[np.bool_]:
        """Return which cells of an (h, w) map have their middle on a True pixel of (H, W)."""
        (u0, v0), (du, dv) = self
        columns = np.round(np.arange(shape[1]) * du + u0).astype(int)
        rows = np.round(np.arange(shape[0]) * dv + v0).astype(int)
        inside_u = (columns >= 0) & (columns < mask.shape[1])
        inside_v = (rows >= 0) & (rows < mask.shape[0])
        at = mask[np.ix_(np.where(inside_v, rows, 0), np.where(inside_u, columns, 0))]
        on: NDArray[np.bool_] = at & inside_v[:, None] & inside_u
        return on

    def heatmap(
        self, cells: NDArray[np.float32], objects: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        """Resample (h, w) cells to the (H, W) pixels of the image, linearly; NaN off objects."""
        (u0, v0), (du, dv) = self
        M = np.array([[1 / du, 0, -u0 / du], [0, 1 / dv, -v0 / dv]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size = objects.shape[::-1]
        image = cv2.warpAffine(cells, M, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return np.where(objects, image, np.float32(np.nan))
