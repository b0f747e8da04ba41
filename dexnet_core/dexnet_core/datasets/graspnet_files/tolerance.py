"""Tolerance of a grasp: the displacement on its object at which it still holds."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

FRICTION = 0.55
"""Maximum friction coefficient of a good grasp."""
SHARE = 0.8
"""Minimum fraction of the surrounding points that have a good grasp."""
_RADII = np.arange(51) / 1000
_SLACK = 1e-9
"""Tolerance in metres for rounding errors of points on the border of a ball."""


def tolerances(points: NDArray[np.floating], scores: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the tolerances (P, ...) in metres, 0 to 0.05 in steps of one millimetre.

    The tolerance of a grasp is the maximum radius of a ball around its point in which at least
    80 % of the points have a good grasp with the same view, in-plane rotation and depth. The
    search increases the radius. It stops for all grasps of a point at the first radius where no
    grasp reaches 80 %, as in the generator of graspnet-baseline. Each grasp then keeps the last
    radius where it reached 80 %.

    Args:
        points: (P, 3) points in metres in the object's frame.
        scores: (P, ...) minimum friction coefficient of each grasp; 0 or less where no grasp
            holds.

    Raises:
        ValueError: The shapes of the arrays are inconsistent.
    """
    if points.ndim != 2 or points.shape[1] != 3 or len(points) != len(scores):
        got = f'{points.shape} and {scores.shape}'
        raise ValueError(f'points and scores have shapes {got}, expected (P, 3) and (P, ...)')
    good = ((scores > 0) & (scores <= FRICTION)).reshape(len(points), -1)
    tree = cKDTree(points)
    found = [_borne(good, *_within(tree, point)) for point in np.asarray(points, float)]
    return np.array(found, np.float32).reshape(scores.shape) / np.float32(1000)


def _within(
    tree: cKDTree, point: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the points around a point, nearest first, and the smallest ball around each."""
    around = np.array(tree.query_ball_point(point, _RADII[-1] + _SLACK))
    ball = np.searchsorted(_RADII + _SLACK, np.linalg.norm(tree.data[around] - point, axis=1))
    order = np.argsort(ball, kind='stable')
    return around[order], ball[order]


def _borne(
    good: NDArray[np.bool_], around: NDArray[np.intp], ball: NDArray[np.intp]
) -> NDArray[np.uint8]:
    """Return the tolerances (grasps,) of one point in millimetres."""
    borne = np.zeros(good.shape[1], np.uint8)
    count = np.zeros(good.shape[1], np.int16)
    for radius, (begin, end) in enumerate(pairwise(np.searchsorted(ball, range(-1, 51), 'right'))):
        for point in around[begin:end]:
            count += good[point]
        bears = count >= SHARE * end
        if not bears.any():
            break
        borne[bears] = radius
    return borne
