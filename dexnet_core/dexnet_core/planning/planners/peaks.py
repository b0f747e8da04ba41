"""Local maxima of heat maps."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_TRIED = 16
"""Number of the highest cells to test per wanted peak, before all cells are tested."""


class Peaks(NamedTuple):
    """n peaks of the channels of a heat map, best first.

    Attributes:
        cells: (n, 2) (column, row).
        channels: (n,) in which channel.
        scores: (n,) quality.
    """

    cells: NDArray[np.int64]
    channels: NDArray[np.int64]
    scores: NDArray[np.float64]


def local_peaks(
    cells: NDArray[np.float32], allowed: NDArray[np.bool_], least: float, most: int
) -> Peaks:
    """Return the local maxima: cells that no neighbour in their channel exceeds.

    Args:
        cells: (channels, h, w) quality.
        allowed: (h, w) True where a peak may be.
        least: Minimum quality of a peak.
        most: Maximum number of peaks.
    """
    at = np.flatnonzero((cells >= least) & allowed)
    for tried in (_TRIED * most, len(at)):
        peaks = _peaks_among(_best(at, cells, tried), cells, allowed)
        if len(peaks.scores) >= most or tried >= len(at):
            break
    return Peaks._make(values[:most] for values in peaks)


def _best(at: NDArray[np.int64], cells: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Return the flat indices of the `count` highest cells, best first."""
    values = cells.ravel()[at]
    if len(at) > count:
        chosen = np.argpartition(-values, count)[:count]
        at, values = at[chosen], values[chosen]
    return at[np.argsort(-values, kind='stable')]


def _peaks_among(
    at: NDArray[np.int64], cells: NDArray[np.float32], allowed: NDArray[np.bool_]
) -> Peaks:
    """Return the peaks among flat indices."""
    channel, row, column = np.unravel_index(at, cells.shape)
    flat = cells.ravel()
    values = flat[at]
    counts = np.pad(allowed, 1)
    exceeded = np.zeros(len(at), bool)
    for down, right in np.ndindex(3, 3):
        beside = at + (down - 1) * cells.shape[2] + right - 1
        higher = flat.take(beside, mode='clip') > values
        exceeded |= higher & counts[row + down, column + right]
    peak = np.flatnonzero(~exceeded)
    return Peaks(np.column_stack([column, row])[peak], channel[peak], values[peak].astype(float))


def keep_apart(points: NDArray[np.float64], spacing: float, most: int) -> list[int]:
    """Return indices of (n, 3) points at least `spacing` apart; earlier points take precedence."""
    kept: list[int] = []
    for k, point in enumerate(points):
        if len(kept) == most:
            break
        if not kept or np.linalg.norm(points[kept] - point, axis=1).min() >= spacing:
            kept.append(k)
    return kept


def best_of_blocks(
    cells: NDArray[np.float32], allowed: NDArray[np.bool_], side: int
) -> NDArray[np.int64]:
    """Return the (n, 2) best allowed cells (column, row) of all square blocks, best first.

    Args:
        cells: (h, w) quality.
        allowed: (h, w) True where a cell may be.
        side: Cells along a side of a block; clipped to at least 1 and the size of the map.
    """
    side = min(max(side, 1), max(cells.shape))
    height, width = cells.shape
    padded = ((0, -height % side), (0, -width % side))
    values = np.pad(np.where(allowed, cells, -np.inf), padded, constant_values=-np.inf)
    rows, columns = values.shape[0] // side, values.shape[1] // side
    blocks = values.reshape(rows, side, columns, side).swapaxes(1, 2).reshape(rows, columns, -1)
    best = blocks.argmax(axis=2)
    quality = blocks.max(axis=2)
    row, column = np.nonzero(np.isfinite(quality))
    down, right = np.divmod(best[row, column], side)
    order = np.argsort(-quality[row, column], kind='stable')
    return np.column_stack([column * side + right, row * side + down])[order]
