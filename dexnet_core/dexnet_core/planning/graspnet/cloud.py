"""Point clouds: valid points, the part near objects, and sampling to a fixed number of points."""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.geometry.lengths import require_metres
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
MARGIN = 0.02
"""Margin in metres around objects in the input of a network, as in graspnet-baseline."""
REACH = 0.12
"""Metres around objects within which a gripper that closes on one may hit something."""
_LOOKED_AT = 1000


def measured(points: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Return the (n,) or (H, W) mask of measured points: finite, and not (0, 0, 0).

    Args:
        points: (n, 3) or organised (H, W, 3), any real type.

    Raises:
        ValueError: The cloud has another shape or type.
    """
    if points.ndim not in (2, 3) or points.shape[-1] != 3:
        raise ValueError(f'cloud has shape {points.shape}, expected (n, 3) or (H, W, 3)')
    if points.dtype.kind not in 'fiu':
        raise ValueError(f'cloud is {points.dtype}, expected real numbers')
    with np.errstate(over='ignore', invalid='ignore'):
        rows = points.astype(np.float32, copy=False)
        squared = np.einsum('...i,...i->...', rows, rows)
    found: NDArray[np.bool_] = np.isfinite(squared) & (squared > 0)
    return found


def usable_points(points: NDArray[np.generic]) -> NDArray[np.float32]:
    """Return the (m, 3) float32 points of a cloud that were measured: finite, and not (0, 0, 0).

    Args:
        points: (n, 3) or organised (H, W, 3), any real type, metres; NaN, infinite or all zero
            where nothing was seen.

    Raises:
        ValueError: The cloud has another shape or type, or cannot be in metres.
    """
    seen = measured(points).ravel()
    with np.errstate(over='ignore'):
        rows = points.reshape(-1, 3).astype(np.float32, copy=False)
    rows = rows if seen.all() else rows[seen]
    some = rows[:: 1 + len(rows) // _LOOKED_AT]
    require_metres(np.abs(some).max(axis=1), 'the cloud')
    return rows


class Nearby(NamedTuple):
    """The part of a cloud near objects.

    Attributes:
        points: (n, 3) metres, objects and their surroundings, for the input of a network.
        around: (m, 3) metres, these points and all others that a gripper may hit.
    """

    points: NDArray[np.float32]
    around: NDArray[np.float32]


def near_objects(
    points: NDArray[np.float32], objects: NDArray[np.bool_], inside: NDArray[np.bool_]
) -> Nearby:
    """Return the points near objects, in their order.

    Args:
        points: (n, 3) metres.
        objects: (n,) True on objects, by a mask or segmentation.
        inside: (n,) True on points that a network may use; the gripper may hit the others too.
    """
    reached = in_workspace(points, objects, REACH)
    around, objects, inside = points[reached], objects[reached], inside[reached]
    return Nearby(around[in_workspace(around, objects) & inside], around)


def in_workspace(
    points: Floats, foreground: NDArray[np.bool_], margin: float = MARGIN
) -> NDArray[np.bool_]:
    """Return the (n,) mask of points in the box around the foreground.

    Args:
        points: (n, 3) metres.
        foreground: (n,) True on objects, by a mask or segmentation.
        margin: Metres by which the box is larger on all sides.
    """
    objects = points[foreground]
    if not len(objects):
        return np.zeros(len(points), bool)
    least, most = objects.min(axis=0) - margin, objects.max(axis=0) + margin
    # In graspnet-baseline the faces are excluded.
    return in_box(points, np.nextafter(least, most), np.nextafter(most, least))


def in_box(points: Floats, least: Floats, most: Floats) -> NDArray[np.bool_]:
    """Return the (n,) mask of points in a box, its faces included.

    Args:
        points: (n, 3) metres.
        least: (3,) corner of the box with the least coordinates.
        most: (3,) opposite corner.
    """
    inside = np.ones(len(points), bool)
    for column, low, high in zip(points.T, least, most, strict=True):
        inside &= (column >= low) & (column <= high)
    return inside


def sampled(points: Floats, count: int, rng: np.random.Generator) -> Floats:
    """Return (count, 3) random points, none repeated if there are enough, else all of them.

    Args:
        points: (n, 3) with n at least 1.
        count: Number of points to return.
        rng: Random number generator.

    Raises:
        ValueError: There is no point.
    """
    return points[sampled_rows(len(points), count, rng)]


def sampled_rows(points: int, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return (count,) random rows, none repeated if there are enough, else all rows first.

    Args:
        points: Number of points.
        count: Number of rows to return.
        rng: Random number generator.

    Raises:
        ValueError: There is no point.
    """
    if points == 0:
        raise ValueError('cloud has 0 points, expected at least 1')
    if points >= count:
        return rng.choice(points, count, replace=False)
    again = rng.choice(points, count - points, replace=True)
    return np.concatenate([np.arange(points), again])
