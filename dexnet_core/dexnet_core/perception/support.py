"""The support plane: the table or floor of the bin that everything else stands on."""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.geometry.camera import CameraIntrinsics
import numpy as np
from numpy.typing import NDArray

_TRIALS = 150
_VOTERS = 800
_BAND = 0.006
_BEHIND_COST = 3.0
_MIN_SHARE = 0.08
_MIN_POINTS = 50


class Plane(NamedTuple):
    """The points x with normal . x = offset, in the optical frame.

    Attributes:
        normal: (3,) unit normal towards the camera.
        offset: Metres; negative, as the camera is in front of the plane.
        roughness: Metres, RMS distance of the measured points from the plane.
    """

    normal: NDArray[np.float64]
    offset: float
    roughness: float


def find_support(points: NDArray[np.float32]) -> Plane | None:
    """Find the dominant plane that has nearly nothing behind it.

    A random sample consensus in which points behind a plane count against it: a box lid may be
    larger than what is left of the table, but the table lies behind it. The same points always
    give the same plane.

    Args:
        points: (n, 3) metres in the optical frame, a few thousand from all over the scene; those
            not in front of the camera are left out.

    Returns:
        The plane, or None where no plane holds a fair share of what was seen.
    """
    points = points[points[:, 2] > 0]
    if len(points) < _MIN_POINTS:
        return None
    rng = np.random.default_rng(0)
    planes = _trial_planes(points, rng).astype(np.float32)
    if not len(planes):
        return None
    voters = points[rng.integers(len(points), size=_VOTERS)]
    heights = planes[:, :3] @ voters.T - planes[:, 3:]
    on = np.count_nonzero(np.abs(heights) < _BAND, axis=1)
    behind = np.count_nonzero(heights < -2 * _BAND, axis=1)
    best = int(np.argmax(on - _BEHIND_COST * behind))
    if on[best] < _MIN_SHARE * _VOTERS:
        return None
    return _fitted(points[np.abs(points @ planes[best, :3] - planes[best, 3]) < _BAND])


def heights_over(
    plane: Plane, depth: NDArray[np.float32], camera: CameraIntrinsics
) -> NDArray[np.float32]:
    """Return (H, W) metres of each pixel's point over the plane, towards the camera."""
    nx, ny, nz = plane.normal.astype(np.float32)
    x = (np.arange(camera.width, dtype=np.float32) - np.float32(camera.cx)) * (nx / camera.fx)
    y = (np.arange(camera.height, dtype=np.float32) - np.float32(camera.cy)) * (ny / camera.fy)
    slope = (x[None, :] + (y + nz)[:, None]).astype(np.float32)
    slope *= depth
    slope -= np.float32(plane.offset)
    return slope


def _trial_planes(points: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return (n, 4) normals and offsets of planes through three random points each."""
    a, b, c = points[rng.integers(len(points), size=(3, _TRIALS))].astype(float)
    normal = np.cross(b - a, c - a)
    length = np.linalg.norm(normal, axis=1)
    solid = length > 1e-6
    normal = normal[solid] / length[solid, None]
    offset = np.einsum('na,na->n', normal, a[solid])
    towards = np.where(offset > 0, -1.0, 1.0)
    return np.column_stack([normal, offset]) * towards[:, None]


def _fitted(points: NDArray[np.float32]) -> Plane:
    """Return the least-squares plane of (n, 3) points."""
    centre = points.mean(axis=0, dtype=float)
    variance, axes = np.linalg.eigh(np.cov((points - centre).T))
    normal, roughness = axes[:, 0], float(np.sqrt(max(variance[0], 0.0)))
    offset = float(normal @ centre)
    towards = 1.0 if offset < 0 else -1.0
    return Plane(towards * normal, towards * offset, roughness)
