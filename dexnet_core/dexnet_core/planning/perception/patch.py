"""Planes fitted to discs of a depth image: the surface under a suction cup."""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.geometry.camera import pixel_rays, project
from dexnet_core.geometry.transform import circle, frames_along
from dexnet_core.planning.perception.segment import SegmentedImage
import numpy as np
from numpy.typing import NDArray

_DISC_POINTS = 64
"""Number of points of a disc at which the depth image is sampled."""
_GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))
"""Radians between consecutive points of a disc, which spreads them evenly."""
_BODY_ANGLES = 8
"""Number of points on each circle of the cup's hull."""
_BODY_STEPS = 4
"""Number of circles of the hull along the approach."""
_BODY_LIFT = 0.004
"""Distance in metres of the first circle from the surface."""
_BODY_GROWTH = 1.15
"""Radius of the hull over that of the cup's body."""
_MARGIN = 0.003
"""Metres that a surface must be in front of the hull to block it."""
_LARGER = (1.6, 2.4)
"""Radii of the larger discs over that of the disc, in ascending order."""
_FULL = 0.9
"""Minimum coverage of a larger disc."""
_PROBES = 32
"""Number of pixels of the support plane at which the camera's noise is measured."""


class Patches(NamedTuple):
    """Planes fitted to n discs on the measured surface, in the optical frame.

    `residual` and `coverage` are those of the disc of the given radius. `centre` and `normal` are
    those of the largest flat disc: this one, or one of the larger discs of `fit_patches`.

    Attributes:
        centre: (n, 3) metres; where the ray of the disc's pixel meets the fitted plane.
        normal: (n, 3) unit normal of the plane, towards the camera.
        residual: (n,) metres, RMS distance of the points from the plane; inf with too few.
        coverage: (n,) share of the disc that is measured and on an object.
    """

    centre: NDArray[np.float64]
    normal: NDArray[np.float64]
    residual: NDArray[np.float64]
    coverage: NDArray[np.float64]


def fit_patches(
    segmented: SegmentedImage, pixels: NDArray[np.floating], radius: float, noise: float = 0.0
) -> Patches:
    """Fit a plane to the disc of a radius around the surface point of each pixel.

    The first fit uses a disc perpendicular to the viewing direction, the second one the disc on
    the plane of the first fit, so that a tilted surface is measured over the same area. If a
    larger disc is as flat, or as flat as the camera's noise allows, position and normal are taken
    from it, because noise tilts small discs most.

    Args:
        segmented: The depth image.
        pixels: (n, 2) (u, v) of the discs' centres, on measured pixels.
        radius: Metres.
        noise: Noise of the camera on a flat surface in metres, see `camera_noise`.
    """
    rays = pixel_rays(pixels[:, 0], pixels[:, 1], segmented.camera)
    first = _fit_facing(segmented, pixels, rays, radius)
    patches = _fit(segmented, rays, first.centre, first.normal, radius)
    return _steadied(segmented, rays, patches, radius, noise)


def camera_noise(segmented: SegmentedImage, radius: float) -> float:
    """Return the median RMS residual in metres of the larger discs on the support plane.

    The plane is flat, so its residual is the camera's noise; 0 if no plane was found.
    """
    if segmented.support is None or not segmented.support.any():
        return 0.0
    rows, columns = np.nonzero(segmented.support)
    chosen = np.linspace(0, len(rows) - 1, _PROBES).astype(int)
    pixels = np.column_stack([columns[chosen], rows[chosen]])
    rays = pixel_rays(pixels[:, 0], pixels[:, 1], segmented.camera)
    plane = SegmentedImage(segmented.depth, segmented.support, segmented.camera)
    discs = _fit_facing(plane, pixels, rays, _LARGER[-1] * radius)
    full = discs.residual[discs.coverage >= _FULL]
    return float(np.median(full)) if len(full) else 0.0


def _steadied(
    segmented: SegmentedImage,
    rays: NDArray[np.float64],
    patches: Patches,
    radius: float,
    noise: float,
) -> Patches:
    """Take centre and normal of each patch from the largest disc that allows it."""
    larger = [
        _fit(segmented, rays, patches.centre, patches.normal, factor * radius)
        for factor in _LARGER
    ]
    limit = np.maximum(1.25 * patches.residual + 2e-4, 1.3 * noise)
    centre, normal = patches.centre, patches.normal
    for wide in larger:
        better = ((wide.coverage >= _FULL) & (wide.residual <= limit))[:, None]
        centre, normal = (
            np.where(better, wide.centre, centre),
            np.where(better, wide.normal, normal),
        )
    return Patches(centre, normal, patches.residual, patches.coverage)


def _fit_facing(
    segmented: SegmentedImage,
    pixels: NDArray[np.floating],
    rays: NDArray[np.float64],
    radius: float,
) -> Patches:
    """Fit the discs that face the camera around the surface points of (n, 2) measured pixels."""
    column, row = np.round(pixels).astype(int).T
    centre = rays * segmented.depth[row, column, None]
    towards = np.broadcast_to([0.0, 0.0, -1.0], centre.shape)
    return _fit(segmented, rays, centre, towards, radius)


def _fit(
    segmented: SegmentedImage,
    rays: NDArray[np.float64],
    centre: NDArray[np.float64],
    normal: NDArray[np.float64],
    radius: float,
) -> Patches:
    """Fit planes to the points at the projections of the discs with these centres and normals."""
    spots = centre[:, None] + _offsets(normal, radius * _disc())
    z, rows, columns = _look_up(segmented, spots)
    counts = (z > 0) & segmented.objects[rows, columns]
    points = pixel_rays(columns, rows, segmented.camera) * z[..., None]
    number = counts.sum(axis=1)
    weight = counts[..., None] / np.maximum(number, 1)[:, None, None]
    mean = (points * weight).sum(axis=1)
    apart = points - mean[:, None]
    spread = np.swapaxes(apart * weight, 1, 2) @ apart
    values, vectors = np.linalg.eigh(spread)
    fitted = vectors[..., 0]
    fitted *= np.where(np.einsum('na,na->n', fitted, mean) > 0, -1.0, 1.0)[:, None]
    enough = number >= 6
    residual = np.where(enough, np.sqrt(np.maximum(values[:, 0], 0)), np.inf)
    fitted = np.where(enough[:, None], fitted, normal)
    met = _meet(rays, np.where(enough[:, None], mean, centre), fitted)
    return Patches(met, fitted, residual, number / _DISC_POINTS)


def _disc() -> NDArray[np.float64]:
    """Return (_DISC_POINTS, 2) points spread evenly over the unit disc (a sunflower)."""
    k = np.arange(_DISC_POINTS)
    r = np.sqrt((k + 0.5) / _DISC_POINTS)
    turns = np.column_stack([np.cos(k * _GOLDEN_ANGLE), np.sin(k * _GOLDEN_ANGLE)])
    return np.asarray(r[:, None] * turns)


def _offsets(normal: NDArray[np.float64], plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (n, P, 3) of (P, 2) points in the planes across (n, 3) normals."""
    return plane @ np.swapaxes(frames_along(normal)[..., :2], 1, 2)


def _look_up(
    segmented: SegmentedImage, points: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return depth, row and column (n, P) where points project to; depth 0 off the image."""
    camera = segmented.camera
    safe = np.where(points[..., 2:] > 1e-3, points, [0, 0, 1e-3])
    pixel = np.round(project(safe, camera)).clip(-1, max(camera.shape)).astype(int)
    column, row = pixel[..., 0], pixel[..., 1]
    inside = (column >= 0) & (column < camera.width) & (row >= 0) & (row < camera.height)
    row, column = np.where(inside, row, 0), np.where(inside, column, 0)
    return np.where(inside, segmented.depth[row, column], 0).astype(float), row, column


def _meet(
    rays: NDArray[np.float64], point: NDArray[np.float64], normal: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the (n, 3) intersections of rays and planes; for grazing rays, the given point."""
    slope = np.einsum('na,na->n', rays, normal)
    reach = np.einsum('na,na->n', point, normal)
    grazing = np.abs(slope) < 0.05
    distance = reach / np.where(grazing, 1.0, slope)
    return np.where(grazing[:, None], point, rays * distance[:, None])


def has_clearance(
    segmented: SegmentedImage, patches: Patches, radius: float, length: float
) -> NDArray[np.bool_]:
    """Return (n,) whether the approach of a cup to each patch is free, as far as measured.

    The cup's hull, from just over the rim to `length` behind it, is compared with the depth
    image. A surface in front of the hull blocks it; unseen regions count as free.
    """
    ring = _BODY_GROWTH * radius * circle(_BODY_ANGLES)
    around = patches.centre[:, None] + _offsets(patches.normal, ring)
    lifts = np.linspace(_BODY_LIFT, max(length, _BODY_LIFT), _BODY_STEPS)
    up = lifts[:, None, None, None] * patches.normal[None, :, None]
    hull = np.concatenate(list(around[None] + up), axis=1)
    z, _, _ = _look_up(segmented, hull)
    return np.asarray(~((z > 0) & (z < hull[..., 2] - _MARGIN)).any(axis=1))
