"""Detection of the support plane: the table or bin floor that objects stand on."""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.geometry.camera import CameraIntrinsics
import numpy as np
from numpy.typing import NDArray

_TRIALS = 150
_LEVEL_TRIALS = 400
"""Number of trials if up is known; many of them give planes that are not level."""
_LEVEL = np.cos(0.2)
ORIGIN = np.zeros(3)
"""Position of the camera in its optical frame."""
_VOTERS = 800
BAND = 0.006
"""Maximum distance in metres from a plane of the points on it."""
_BEHIND_COST = 3.0
_MIN_SHARE = 0.08
_MIN_POINTS = 50


class Plane(NamedTuple):
    """The points x with normal . x = offset.

    Attributes:
        normal: (3,) unit normal, towards the camera or, where up is known, upwards.
        offset: Metres.
        roughness: Metres, RMS distance of the measured points from the plane.
    """

    normal: NDArray[np.float64]
    offset: float
    roughness: float

    def height_of(self, point: NDArray[np.floating]) -> float:
        """Return metres of a point (3,) over the plane, on the side of its normal."""
        return float(self.normal @ point - self.offset)

    def heights_of(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (n,) metres of (n, 3) points over the plane, on the side of its normal."""
        return points @ self.normal.astype(np.float32) - np.float32(self.offset)


def find_support(
    points: NDArray[np.float32],
    up: NDArray[np.floating] | None = None,
    viewpoint: NDArray[np.floating] | None = ORIGIN,
) -> Plane | None:
    """Find the dominant plane with nearly no points behind it.

    Random sample consensus (RANSAC) in which points behind a plane lower its score: a box lid may
    be larger than the visible part of the table, but the table lies behind it. The same points
    always give the same plane.

    Args:
        points: (n, 3) metres, a few thousand from the whole scene.
        up: (3,) unit vector against gravity; only level planes are considered then.
        viewpoint: (3,) metres, position of the camera; None if unknown. Required without up.

    Returns:
        The plane, or None if no plane contains a sufficient share of the points.
    """
    if len(points) < _MIN_POINTS or (up is None and viewpoint is None):
        return None
    rng = np.random.default_rng(0)
    planes = _trial_planes(points, up, viewpoint, rng).astype(np.float32)
    if not len(planes):
        return None
    voters = points[rng.integers(len(points), size=_VOTERS)]
    heights = planes[:, :3] @ voters.T - planes[:, 3:]
    on = np.count_nonzero(np.abs(heights) < BAND, axis=1)
    behind = np.count_nonzero(heights < -2 * BAND, axis=1)
    best = int(np.argmax(on - _BEHIND_COST * behind))
    if on[best] < _MIN_SHARE * _VOTERS:
        return None
    on_plane = np.abs(points @ planes[best, :3] - planes[best, 3]) < BAND
    return _fitted(points[on_plane], planes[best, :3])


def heights_over(
    plane: Plane, depth: NDArray[np.float32], camera: CameraIntrinsics
) -> NDArray[np.float32]:
    """Return (H, W) metres of each pixel's point over the plane, towards the camera."""
    nx, ny, nz = plane.normal.astype(np.float32)
    x = (np.arange(camera.width, dtype=np.float32) - np.float32(camera.cx)) * (nx / camera.fx)
    y = (np.arange(camera.height, dtype=np.float32) - np.float32(camera.cy)) * (ny / camera.fy)
    slope: NDArray[np.float32] = (x[None, :] + (y + nz)[:, None]).astype(np.float32)
    slope *= depth
    slope -= np.float32(plane.offset)
    return slope


def _trial_planes(
    points: NDArray[np.float32],
    up: NDArray[np.floating] | None,
    viewpoint: NDArray[np.floating] | None,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Return (n, 4) normals and offsets of planes through three random points each."""
    trials = _TRIALS if up is None else _LEVEL_TRIALS
    a, b, c = points[rng.integers(len(points), size=(3, trials))].astype(float)
    normal = np.cross(b - a, c - a)
    length = np.linalg.norm(normal, axis=1)
    solid = length > 1e-6
    normal = normal[solid] / length[solid, None]
    offset = np.einsum('na,na->n', normal, a[solid])
    front = normal @ viewpoint - offset if up is None else normal @ up
    planes = np.column_stack([normal, offset]) * np.where(front < 0, -1.0, 1.0)[:, None]
    return planes if up is None else planes[planes[:, :3] @ up > _LEVEL]


def _fitted(points: NDArray[np.float32], towards: NDArray[np.floating]) -> Plane:
    """Return the least-squares plane of (n, 3) points, its normal on the side of another."""
    centre = points.mean(axis=0, dtype=float)
    variance, axes = np.linalg.eigh(np.cov((points - centre).T))
    normal, roughness = axes[:, 0], float(np.sqrt(max(variance[0], 0.0)))
    side = 1.0 if normal @ towards > 0 else -1.0
    return Plane(side * normal, float(side * normal @ centre), roughness)
