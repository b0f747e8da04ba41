"""Augmentation of crops by sensor noise and symmetries, in metres, before normalisation.

The steps are those of gqcnn's trainer. Each image is multiplied by a Gamma-distributed factor.
With a probability of one half, Gaussian noise on a coarse grid is upsampled by cubic interpolation
and added to valid pixels, which approximates a Gaussian process (Dex-Net 2.0, supplement). Then
the image is rotated by 180 degrees and flipped at random. The random numbers depend only on
(seed, epoch, row), not on the batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv, ndtri

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIXERS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
_DECISIONS = 5


@dataclass(frozen=True)
class Augmentation:
    """Augmentation settings; gqcnn's values for 2.0 and 3.0 (4.0 was trained without noise).

    Attributes:
        gamma_shape: Shape parameter of the Gamma factor, whose mean is 1; 0 disables it.
        noise: Standard deviation of the added noise in metres; 0 disables it.
        noise_share: Probability of the added noise.
        noise_pixels: Grid spacing of the noise in pixels.
        flips: Whether to rotate by 180 degrees and to flip along both axes, each with a
            probability of one half.

    Raises:
        ValueError: A value is negative, or the probability is greater than 1.
    """

    gamma_shape: float = 1000.0
    noise: float = 0.005
    noise_share: float = 0.5
    noise_pixels: int = 4
    flips: bool = True

    def __post_init__(self) -> None:
        for name in ('gamma_shape', 'noise', 'noise_share'):
            if not getattr(self, name) >= 0:
                raise ValueError(f'{name} is {getattr(self, name)}, expected >= 0')
        if self.noise_share > 1 or self.noise_pixels < 1:
            got = (self.noise_share, self.noise_pixels)
            raise ValueError(f'noise_share and noise_pixels are {got}, expected <= 1 and >= 1')


def augment(
    images: NDArray[np.float32],
    poses: NDArray[np.float32],
    settings: Augmentation,
    seed: tuple[int, int],
    rows: NDArray[np.integer],
) -> None:
    """Augment crops in place.

    Args:
        images: (n, S, S) depth in metres; 0 where there is no measurement, which stays 0.
        poses: (n, k) depth in metres and, for suction, approach angle in radians. Its sign is
            inverted if the image is upside down afterwards.
        settings: Augmentation settings.
        seed: Seed and epoch.
        rows: (n,) row indices of the crops.

    Raises:
        ValueError: The side of the crops is not a multiple of noise_pixels.
    """
    nodes, rest = divmod(images.shape[1], settings.noise_pixels)
    if rest:
        got = f'{images.shape[1]} pixels'
        raise ValueError(f'crops have {got}, expected a multiple of {settings.noise_pixels}')
    draws = uniform_draws(seed, rows, _DECISIONS + nodes**2)
    if settings.gamma_shape:
        factors = gammaincinv(settings.gamma_shape, draws[:, 0]) / settings.gamma_shape
        images *= factors.astype(np.float32)[:, None, None]
    noisy = np.flatnonzero(draws[:, 1] < settings.noise_share)
    if settings.noise and len(noisy):
        grid = settings.noise * ndtri(draws[noisy, _DECISIONS:])
        _add_noise(images, noisy, grid.reshape(-1, nodes, nodes).astype(np.float32))
    if settings.flips:
        _flip(images, poses, draws[:, 2:_DECISIONS] < 0.5)


def uniform_draws(
    seed: tuple[int, int], rows: NDArray[np.integer], count: int
) -> NDArray[np.float64]:
    """Return uniform numbers (n, count) in (0, 1) that depend only on seed, row and column.

    The numbers are hashes of a counter by SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). One
    numpy generator per row would take several times as long as the rest of the augmentation.
    """
    state = np.zeros(1, np.uint64)
    for number in seed:
        state = _mixed(state + np.uint64(number % 2**64))
    state = _mixed(state + np.asarray(rows).astype(np.uint64))
    bits = _mixed(state[:, None] + _GOLDEN * np.arange(1, count + 1, dtype=np.uint64))
    return (((bits >> np.uint64(11)) + 0.5) * 2.0**-53).astype(np.float64, copy=False)


def _mixed(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    x = x + _GOLDEN
    for shift, factor in _MIXERS:
        x = (x ^ (x >> np.uint64(shift))) * np.uint64(factor)
    return x ^ (x >> np.uint64(31))


def _add_noise(
    images: NDArray[np.float32], noisy: NDArray[np.intp], grid: NDArray[np.float32]
) -> None:
    enlarge = _enlarger(grid.shape[1], images.shape[1])
    noise = enlarge @ grid @ enlarge.T
    changed = images[noisy]
    noise *= changed > 0
    images[noisy] = changed + noise


@lru_cache(maxsize=4)
def _enlarger(nodes: int, side: int) -> NDArray[np.float32]:
    """Return the matrix (side, nodes) of cubic upsampling of a column."""
    enlarged = cv2.resize(
        np.eye(nodes, dtype=np.float32), (nodes, side), interpolation=cv2.INTER_CUBIC
    )
    return enlarged.astype(np.float32, copy=False)


def _flip(
    images: NDArray[np.float32], poses: NDArray[np.float32], choices: NDArray[np.bool_]
) -> None:
    """Rotate by 180 degrees, flip left-right, and flip up-down where chosen (n, 3)."""
    turned, mirrored, downwards = choices.T
    sideways, upside_down = turned ^ mirrored, turned ^ downwards
    images[sideways] = images[sideways, :, ::-1]
    images[upside_down] = images[upside_down, ::-1]
    poses[upside_down, 1:] *= -1
