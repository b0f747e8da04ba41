"""Approach directions (views) and rotations of grasps.

The frame of a GraspNet grasp: x is the approach, y the closing direction, z across both.
"""

from __future__ import annotations

from functools import cache

from dexnet_core.geometry.transform import unit
from dexnet_core.planning.graspnet.stages import VIEWS
import numpy as np
from numpy.typing import NDArray


def grasp_views() -> NDArray[np.float32]:
    """Return (VIEWS, 3) unit vectors, even on the sphere; the approach is the negative view.

    Source: Gonzalez, Measurement of areas on a sphere using Fibonacci lattices, 2010.
    """
    golden = (np.sqrt(5) - 1) / 2
    index = np.arange(VIEWS)
    z = (2 * index + 1) / VIEWS - 1
    across, turn = np.sqrt(1 - z**2), 2 * np.pi * golden * index
    return np.column_stack([across * np.cos(turn), across * np.sin(turn), z]).astype(np.float32)


def grasp_rotations(
    approaches: NDArray[np.floating], angles: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Return (..., 3, 3) rotations with x along approaches, rotated about x by angles.

    Args:
        approaches: (..., 3) directions of any non-zero length. At angle 0, y lies in the plane of
            the first two axes (y is the second axis if the approach is along the third axis).
        angles: (...) angles about the approach in radians.

    Raises:
        ValueError: An approach is the zero vector.
    """
    x = unit(approaches)
    if not np.linalg.norm(x, axis=-1).all():
        raise ValueError('an approach is the zero vector, expected a direction')
    level = np.stack([-x[..., 1], x[..., 0], np.zeros_like(x[..., 0])], axis=-1)
    vertical = ~level.any(axis=-1, keepdims=True)
    y = unit(np.where(vertical, [0.0, 1.0, 0.0], level))
    z = np.cross(x, y)
    cos, sin = (turn(np.asarray(angles, float))[..., None] for turn in (np.cos, np.sin))
    return np.stack([x, cos * y + sin * z, cos * z - sin * y], axis=-1)


@cache
def view_rotations() -> NDArray[np.float32]:
    """Return the (VIEWS, 3, 3) rotations of grasps for each view, at angle 0.

    The array is shared and read-only.
    """
    views = grasp_views()
    rotations = grasp_rotations(-views, np.zeros(len(views))).astype(np.float32)
    rotations.flags.writeable = False
    return rotations
