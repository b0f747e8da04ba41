"""How far a grasp may be displaced on its object and still hold."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

FRICTION = 0.55
"""Greatest friction coefficient of a grasp that counts as good."""
SHARE = 0.8
"""Of the points around that must have a good grasp."""
_RADII = np.arange(51) / 1000
_SLACK = 1e-9
"""Metres that rounding may take a point out of a ball that it lies on."""


def tolerances(points: NDArray[np.floating], scores: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return (P, ...) metres, 0 to 0.05 in steps of one millimetre.

    The tolerance of a grasp is the greatest radius of a ball around its point within which the
    same grasp, alike in view, turn and depth, is good at 80 % of the points or more. Balls grow
    until no grasp at the point has such a share, which ends the search for all of them, as in
    the generator of graspnet-baseline; the others keep the last radius that they had it at.

    Args:
        points: (P, 3) metres in the object's frame.
        scores: (P, ...) least friction coefficient of each grasp; not above 0 where none holds.

    Raises:
        ValueError: The arrays do not belong together.
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
    """Return the points around one, nearest first, and the least ball that holds each."""
    around = np.array(tree.query_ball_point(point, _RADII[-1] + _SLACK))
    ball = np.searchsorted(_RADII + _SLACK, np.linalg.norm(tree.data[around] - point, axis=1))
    order = np.argsort(ball, kind='stable')
    return around[order], ball[order]


def _borne(
    good: NDArray[np.bool_], around: NDArray[np.intp], ball: NDArray[np.intp]
) -> NDArray[np.uint8]:
    """Return (grasps,) millimetres that the grasps of one point bear."""
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
