"""Estimation of the noise strength of a depth camera from images of an empty table."""

from __future__ import annotations

from collections.abc import Sequence

from dexnet_core.simulation.scenes.noise import Depth, measure, NoiseSettings
import numpy as np
from numpy.typing import NDArray

_LEAST_PIXELS = 1000
_ROUNDS, _TRIMMED = 4, 3.0
"""Iterations of the plane fit, and half its outlier threshold in standard deviations."""
_LEAST_INSIDE = 0.8
"""Minimum fraction of the measured pixels that must lie on the table."""
_STRENGTHS = np.array([0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0])


def fitted_strength(images: Sequence[Depth], focal: float) -> float:
    """Return the noise strength that explains images of an empty table.

    A plane is subtracted from each image. The residual is compared with the residuals that
    `measure` gives on the same plane at several strengths.

    Args:
        images: At least one (H, W) depth image in metres; 0 where there is no measurement.
        focal: Focal length in pixels.

    Returns:
        Strength from 0 to 1; see `measure`. The median over the images.

    Raises:
        ValueError: An image shows no table, or its noise exceeds the model.
    """
    return float(np.median([_strength_of(image, focal) for image in images]))


def _strength_of(depth: Depth, focal: float) -> float:
    plane, seen = _fitted_plane(depth)
    residual = _spread(depth, plane, seen)
    settings = NoiseSettings(gamma_shape=1e8)
    simulated = [
        _spread(noisy, plane, seen & (noisy > 0))
        for strength in _STRENGTHS
        for noisy in [measure(plane, focal, settings, np.random.default_rng(0), strength)]
    ]
    if residual > simulated[-1]:
        raise ValueError(
            f'the depth noise of the table is {1000 * residual:.1f} mm, expected at most '
            f'{1000 * simulated[-1]:.1f} mm: is the table empty, and the depth in metres?'
        )
    return float(np.interp(residual, np.maximum.accumulate(simulated), _STRENGTHS))


def _spread(depth: Depth, plane: Depth, seen: NDArray[np.bool_]) -> float:
    """Return the standard deviation of the depth residual to a plane in metres."""
    return float(np.std((depth - plane)[seen]))


def _fitted_plane(depth: Depth) -> tuple[Depth, NDArray[np.bool_]]:
    """Return the depth of the fitted plane in every pixel, and the mask of its inliers.

    The inverse depth of a plane is linear in the pixel coordinates.
    """
    v, u = np.mgrid[: depth.shape[0], : depth.shape[1]]
    terms = np.stack([u / depth.shape[1], v / depth.shape[0], np.ones(depth.shape)], axis=-1)
    measured = depth > 0
    if np.count_nonzero(measured) < _LEAST_PIXELS:
        count = np.count_nonzero(measured)
        raise ValueError(f'the image has {count} measured pixels, expected {_LEAST_PIXELS}')
    inside = measured
    for _ in range(_ROUNDS):
        solved, *_ = np.linalg.lstsq(terms[inside], 1 / depth[inside], rcond=None)
        plane = 1 / np.maximum(terms @ solved, 1e-3)
        off = np.abs(depth - plane)
        inside = measured & (off <= _TRIMMED * max(float(np.std(off[inside])), 1e-6) * 2)
    share = np.count_nonzero(inside) / np.count_nonzero(measured)
    if share < _LEAST_INSIDE:
        raise ValueError(f'{share:.0%} of the image is one plane, expected {_LEAST_INSIDE:.0%}')
    return plane.astype(np.float32), inside
