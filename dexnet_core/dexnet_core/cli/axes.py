"""The axes in which people have the clouds of a camera."""

from __future__ import annotations

from typing import TypeVar

from dexnet_core.planning.graspnet.cloud import usable_points
import numpy as np
from numpy.typing import NDArray

Number = TypeVar('Number', bound=np.generic)
AXES = {
    'optical': np.eye(3, dtype=np.float32),
    'opengl': np.diag(np.array([1, -1, -1], np.float32)),
    'forward': np.array([[0, -1, 0], [0, 0, -1], [1, 0, 0]], np.float32),
}
"""Rotations from what people have to the optical frame."""
_LOOKED_AT = 2000
_WIDEST = 3.0
"""How far aside a point may be of how far it is ahead; few lenses show more."""


def turned(points: NDArray[Number], axes: str) -> NDArray[Number]:
    """Return (..., 3) points or directions, given in such axes, in the optical frame."""
    if axes == 'optical':
        return points
    # Sums of products would make NaN of a whole point where one number is infinite.
    rotation = AXES[axes]
    columns = np.abs(rotation).argmax(axis=1)
    moved: NDArray[Number] = points[..., columns] * rotation[np.arange(3), columns]
    return moved


def require_in_front(points: NDArray[np.generic]) -> None:
    """Raise ValueError unless most points are where a camera in the optical frame can see them.

    Args:
        points: (n, 3) or (H, W, 3).
    """
    some = some_usable(points)
    shares = {axes: _in_front(turned(some, axes)) for axes in AXES}
    best = max(shares, key=lambda axes: shares[axes])
    if not len(some) or shares['optical'] > 0.5 or shares[best] <= 0.5:
        return
    raise ValueError(
        f'{1 - shares["optical"]:.0%} of the points have z <= 0 or are far aside, expected an '
        f'optical frame (x right, y down, z forward): with --cloud-axes {best}, '
        f'{shares[best]:.0%} are in front of the camera; --up says where up is in another frame'
    )


def some_usable(points: NDArray[np.generic]) -> NDArray[np.float32]:
    """Return (m, 3) of the measured points, m at most some thousands.

    Raises:
        ValueError: The lengths cannot be metres, or the array is no cloud.
    """
    rows = points.reshape(-1, 3)
    return usable_points(rows[:: 1 + len(rows) // _LOOKED_AT])


def _in_front(points: NDArray[np.float32]) -> float:
    """Return the share of (n, 3) points that a camera can see."""
    ahead = points[:, 2]
    aside = np.hypot(points[:, 0], points[:, 1])
    return float(np.mean((ahead > 0) & (aside < _WIDEST * ahead))) if len(points) else 0.0
