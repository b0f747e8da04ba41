"""How noisy a depth camera is, from its images of an empty table."""

from __future__ import annotations

from collections.abc import Sequence

from dexnet_core.simulation.scenes.noise import Depth, measure, NoiseSettings
import numpy as np
from numpy.typing import NDArray

_LEAST_PIXELS = 1000
_ROUNDS, _TRIMMED = 4, 3.0
"""Rounds of the fit of a plane, and standard deviations beyond which a pixel is left out."""
_LEAST_INSIDE = 0.8
"""Share of the measured pixels that a table has at least."""
_STRENGTHS = np.array([0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0])


def fitted_strength(images: Sequence[Depth], focal: float) -> float:
    """Return the share of the usual noise that explains images of an empty table.

    A plane is taken off each image, and what is left is compared with what `measure` makes of the
    same plane.

    Args:
        images: (H, W) metres along the optical axis; 0 where nothing was seen. At least one.
        focal: Focal length in pixels.

    Returns:
        From 0 to 1; see `measure`.

    Raises:
        ValueError: An image shows no table, or more noise than the model has.
    """
    return float(np.median([_strength_of(image, focal) for image in images]))


def _strength_of(depth: Depth, focal: float) -> float:
    plane, seen = _fitted_plane(depth)
    left = _spread(depth, plane, seen)
    settings = NoiseSettings(gamma_shape=1e8)
    simulated = [
        _spread(noisy, plane, seen & (noisy > 0))
        for strength in _STRENGTHS
        for noisy in [measure(plane, focal, settings, np.random.default_rng(0), strength)]
    ]
    if left > simulated[-1]:
        raise ValueError(
            f'the table is uneven by {1000 * left:.1f} mm, expected at most '
            f'{1000 * simulated[-1]:.1f} mm of noise: is it empty, and in metres?'
        )
    return float(np.interp(left, np.maximum.accumulate(simulated), _STRENGTHS))


def _spread(depth: Depth, plane: Depth, seen: NDArray[np.bool_]) -> float:
    """Return the standard deviation in metres of what is measured over a plane."""
    return float(np.std((depth - plane)[seen]))


def _fitted_plane(depth: Depth) -> tuple[Depth, NDArray[np.bool_]]:
    """Return the depth of the plane in every pixel, and which pixels measured it.

    The inverse of the depth of a plane is linear in the pixels.
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
