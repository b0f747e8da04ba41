"""Where a heat map is highest."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_TRIED = 16


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
    """Return the cells that no neighbour exceeds in their own channel.

    Args:
        cells: (channels, h, w) quality.
        allowed: (h, w) True where a peak may be.
        least: Quality that a peak has at least.
        most: Peaks that are returned at most; they are looked for among the best cells only.
    """
    at = np.flatnonzero((cells >= least) & allowed)
    values = cells.ravel()[at]
    if len(at) > _TRIED * most:
        chosen = np.argpartition(-values, _TRIED * most)[: _TRIED * most]
        at, values = at[chosen], values[chosen]
    order = np.argsort(-values, kind='stable')
    channel, row, column = np.unravel_index(at[order], cells.shape)
    inside = np.pad(np.where(allowed, cells, np.float32(-1)), ((0, 0), (1, 1), (1, 1)))
    around = [
        inside[channel, row + down, column + right] for down in range(3) for right in range(3)
    ]
    peak = np.flatnonzero(values[order] >= np.max(around, axis=0))[:most] if len(at) else []
    return Peaks(
        np.column_stack([column, row])[peak], channel[peak], values[order][peak].astype(float)
    )


def keep_apart(points: NDArray[np.float64], spacing: float, most: int) -> list[int]:
    """Return indices of (n, 3) points, first come first kept, at least `spacing` apart."""
    kept: list[int] = []
    for k, point in enumerate(points):
        if len(kept) == most:
            break
        if not kept or np.linalg.norm(points[kept] - point, axis=1).min() >= spacing:
            kept.append(k)
    return kept
