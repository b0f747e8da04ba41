"""Projection of the pixels around contacts into cells perpendicular to their approaches."""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import cv2
from dexnet_core.geometry.camera import CameraIntrinsics, project
from dexnet_core.planning.perception.segment import SegmentedImage
import numpy as np
from numpy.typing import NDArray

T = TypeVar('T', bound=np.generic)

_DENSITY = 1.5
"""Number of pixels that are sampled per cell and axis."""
_LEANING = 1.3
"""Width of the window of pixels over that of the patch, as surfaces may be tilted."""


class ProjectedCells(NamedTuple):
    """Cells in planes through n contacts, perpendicular to their approaches.

    A cell is known if a measured pixel is in it, or if it is a gap between such cells. Each patch
    is stored with a frame of one cell, which is never known, so that every cell has neighbours.

    Attributes:
        pixels: (m,) index in the flattened image of each measured pixel in the cells.
        heights: (m,) metres of these pixels over the contact plane.
        cell_of: (m,) index in the framed patches of the cell of each pixel.
        counts: (n, side + 2, side + 2) number of pixels in each cell; 1 where there is none.
        known: (n, side, side) whether a cell is known.
        gaps: (k,) index in the framed patches of the known cells without a pixel.
        beside: (k,) number of the cells around each gap that have pixels.
    """

    pixels: NDArray[np.int64]
    heights: NDArray[np.float32]
    cell_of: NDArray[np.int64]
    counts: NDArray[np.int64]
    known: NDArray[np.bool_]
    gaps: NDArray[np.int64]
    beside: NDArray[np.float32]

    def mean_of(self, values: NDArray[np.generic]) -> NDArray[np.float32]:
        """Return the (n, side, side) mean of (m,) values of the pixels in each cell.

        A gap has the mean of the cells around it; cells that are not known are 0.
        """
        sums = np.bincount(self.cell_of, values, self.counts.size).reshape(self.counts.shape)
        means = (sums / self.counts).astype(np.float32)
        means.ravel()[self.gaps] = _sum_around(means).ravel()[self.gaps] / self.beside
        return _inner(means)


def project_window(
    segmented: SegmentedImage, poses: NDArray[np.float64], side: int, step: float
) -> ProjectedCells:
    """Project the pixels in a window around each contact.

    Args:
        segmented: The depth image.
        poses: (n, 4, 4) grasp frames of at least one contact, z into the object.
        side: Number of cells along a side of a patch.
        step: Side of a cell in metres.
    """
    window = _window(segmented.camera, poses[:, :3, 3], side, step)
    depth = segmented.depth.ravel().take(window.pixels)
    middle = np.float32((side - 1) / 2)
    column, row = (
        np.rint(_along(axis, window, depth, poses, 1 / step) + middle) for axis in (0, 1)
    )
    inside = (column >= 0) & (column < side) & (row >= 0) & (row < side) & (depth > 0)
    chosen = np.flatnonzero(inside)
    frame = side + 2
    cell = (row * np.float32(frame) + column).ravel().take(chosen).astype(np.int64) + frame + 1
    cell_of = cell + chosen // depth[0].size * frame**2
    heights = -_along(2, window, depth, poses, 1.0).ravel().take(chosen)
    counts = np.bincount(cell_of, minlength=len(poses) * frame**2).reshape(-1, frame, frame)
    return _with_gaps(window.pixels.ravel().take(chosen), heights, cell_of, counts)


class _Window(NamedTuple):
    """Pixels in a window around each of n contacts.

    Attributes:
        pixels: (n, p, p) index in the flattened image.
        x: (n, 1, p) x of the viewing ray over its z; NaN outside of the image.
        y: (n, p, 1) y of the viewing ray over its z; NaN outside of the image.
    """

    pixels: NDArray[np.int64]
    x: NDArray[np.float32]
    y: NDArray[np.float32]


def _window(
    camera: CameraIntrinsics, centres: NDArray[np.float64], side: int, step: float
) -> _Window:
    half = (_LEANING * side * step / 2 * camera.fx / centres[:, 2]).astype(np.float32)
    line = np.linspace(-1, 1, int(np.ceil(_DENSITY * side)), dtype=np.float32)
    middles = project(centres, camera).astype(np.float32)
    u, v = np.rint(middles.T[:, :, None] + half[:, None] * line).astype(np.int64)
    inside_u, inside_v = (u >= 0) & (u < camera.width), (v >= 0) & (v < camera.height)
    x = np.where(inside_u, (u - camera.cx) / camera.fx, np.nan).astype(np.float32)
    y = np.where(inside_v, (v - camera.cy) / camera.fy, np.nan).astype(np.float32)
    rows = v.clip(0, camera.height - 1) * camera.width
    pixels = rows[:, :, None] + u.clip(0, camera.width - 1)[:, None]
    return _Window(pixels, x[:, None], y[:, :, None])


def _along(
    axis: int,
    window: _Window,
    depth: NDArray[np.float32],
    poses: NDArray[np.float64],
    scale: float,
) -> NDArray[np.float32]:
    """Return (n, p, p) scaled coordinates of pixels along an axis of the grasp frames.

    It is NaN outside of the image.
    """
    directions = poses[:, :3, axis]
    origins = np.einsum('ni,ni->n', poses[:, :3, 3], directions)[:, None, None]
    a, b, c = (scale * directions).astype(np.float32).T[..., None, None]
    along: NDArray[np.float32] = window.x * a + (window.y * b + c)
    along *= depth
    along -= (scale * origins).astype(np.float32)
    return along


def _with_gaps(
    pixels: NDArray[np.int64],
    heights: NDArray[np.float32],
    cell_of: NDArray[np.int64],
    counts: NDArray[np.int64],
) -> ProjectedCells:
    """Find the gaps: cells without a pixel that a morphological closing fills.

    All patches are processed as one image. What is outside of a patch does not erode it.
    """
    seen = (counts > 0).astype(np.uint8)
    around = np.ones((3, 3), np.uint8)
    grown = cv2.dilate(_stacked(seen), around).reshape(seen.shape)
    grown[:, [0, -1]] = grown[:, :, [0, -1]] = 1
    closed = cv2.erode(_stacked(grown), around).reshape(seen.shape)
    closed[:, [0, -1]] = closed[:, :, [0, -1]] = 0
    gaps = np.flatnonzero(closed > seen)
    beside = np.maximum(_sum_around(seen.astype(np.float32)).ravel()[gaps], 1)
    known = _inner(np.maximum(closed, seen)) > 0
    return ProjectedCells(pixels, heights, cell_of, np.maximum(counts, 1), known, gaps, beside)


def _sum_around(framed: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the sums over the 3x3 cells around each cell of framed patches."""
    whole = cv2.BORDER_CONSTANT
    sums = cv2.boxFilter(_stacked(framed), -1, (3, 3), normalize=False, borderType=whole)
    return np.asarray(sums, np.float32).reshape(framed.shape)


def _stacked(framed: NDArray[T]) -> NDArray[T]:
    """Return framed patches below each other, as one image."""
    return framed.reshape(-1, framed.shape[2])


def _inner(framed: NDArray[T]) -> NDArray[T]:
    """Return the (n, side, side) patches without their frames."""
    return framed[:, 1:-1, 1:-1]
