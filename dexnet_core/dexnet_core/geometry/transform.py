"""Rigid transforms as (4, 4) matrices; T_a_b maps points of frame b into frame a."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


def unit(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return (..., 3) vectors scaled to length 1; zero vectors stay zero."""
    vectors = np.asarray(vectors, float)
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(length > 0, length, 1.0)


def circle(count: int) -> NDArray[np.float64]:
    """Return (count, 2) points evenly around the unit circle."""
    angle = 2 * np.pi * np.arange(count) / count
    return np.column_stack([np.cos(angle), np.sin(angle)])


def frames_along(approaches: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return (..., 3, 3) rotations whose columns are x, y, z with z along the approaches.

    The roll about z is arbitrary. Here, x is the component of the reference frame's x axis
    perpendicular to the approach (of its y axis where the two are nearly parallel), so equal
    approaches have equal frames.
    """
    z = unit(approaches)
    parallel = np.abs(z[..., :1]) > 0.9
    reference = np.where(parallel, [0.0, 1.0, 0.0], [1.0, 0.0, 0.0])
    x = unit(reference - z * (z * reference).sum(axis=-1, keepdims=True))
    return np.stack([x, np.cross(z, x), z], axis=-1)


def pose_along(position: NDArray[np.floating], approach: NDArray[np.floating]) -> Matrix:
    """Return the (4, 4) pose at a position (3,) with +z along an approach (3,)."""
    return pose_matrix(position, frames_along(approach))


def pose_matrix(position: ArrayLike, rotation: ArrayLike) -> Matrix:
    """Return the (4, 4) transform of a position (3,) and a rotation (3, 3)."""
    T = np.eye(4)
    T[:3, :3] = rotation
    T[:3, 3] = position
    return T


def transform_points(
    T_a_b: NDArray[np.floating], points_b: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Map (..., 3) points of frame b into frame a."""
    points_a: NDArray[np.float64] = np.asarray(points_b, float) @ T_a_b[:3, :3].T + T_a_b[:3, 3]
    return points_a


def invert(T_a_b: NDArray[np.floating]) -> Matrix:
    """Return T_b_a."""
    R = T_a_b[:3, :3].T
    return pose_matrix(-R @ T_a_b[:3, 3], R)


def quaternion_of(rotation: NDArray[np.floating]) -> Vector:
    """Return the unit quaternion (x, y, z, w), w >= 0, of a rotation (3, 3).

    For (n, 3, 3) it returns (n, 4). SciPy converts ten rotations as fast as one.
    """
    quaternion: Vector = Rotation.from_matrix(rotation).as_quat()
    return np.where(quaternion[..., 3:] < 0, -quaternion, quaternion)


def rotation_of(quaternion: NDArray[np.floating]) -> Matrix:
    """Return the rotation (3, 3) of a quaternion (x, y, z, w) of any non-zero length."""
    rotation: Matrix = Rotation.from_quat(quaternion).as_matrix()
    return rotation
