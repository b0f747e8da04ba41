"""Where a heat map is highest."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def local_peaks(
    cells: NDArray[np.float32], allowed: NDArray[np.bool_], least: float, most: int
) -> NDArray[np.int64]:
    """Return the (n, 2) cells (column, row) that no neighbour exceeds, best first.

    Args:
        cells: (h, w) quality.
        allowed: (h, w) True where a peak may be.
        least: Quality that a peak has at least.
        most: Peaks that are returned at most.
    """
    inside = np.where(allowed, cells, np.float32(-1))
    highest = cv2.dilate(inside, np.ones((3, 3), np.uint8))
    row, column = np.nonzero((inside >= highest) & (inside >= least) & allowed)
    order = np.argsort(-cells[row, column], kind='stable')[:most]
    return np.column_stack([column[order], row[order]])


def keep_apart(points: NDArray[np.float64], spacing: float, most: int) -> list[int]:
    """Return indices of (n, 3) points, first come first kept, at least `spacing` apart."""
    kept: list[int] = []
    for k, point in enumerate(points):
        if len(kept) == most:
            break
        if not kept or np.linalg.norm(points[kept] - point, axis=1).min() >= spacing:
            kept.append(k)
    return kept
