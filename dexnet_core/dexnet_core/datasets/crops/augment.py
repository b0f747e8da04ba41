"""Sensor noise and symmetries of the published training, in metres, before normalisation.

The recipe is that of gqcnn's trainer: a Gamma factor per image; with a probability of one half
Gaussian noise on a coarse grid, enlarged by cubic interpolation and added where depth was seen
(Dex-Net 2.0, supplement, approximates a Gaussian process in this way); then half turns and flips.
Every draw is decided by (seed, epoch, row) alone, whatever batch a row is in.
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
    """How crops are varied; gqcnn's values for 2.0 and 3.0 (4.0 was trained without noise).

    Attributes:
        gamma_shape: Of the Gamma factor, whose mean is 1; 0 leaves it out.
        noise: Metres, standard deviation of the added noise; 0 leaves it out.
        noise_share: Probability that noise is added.
        noise_pixels: Pixels from one node of its grid to the next.
        flips: Whether half turns and both flips, each with a probability of one half, are made.

    Raises:
        ValueError: A value is negative, or the probability greater than 1.
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
    """Vary crops in place.

    Args:
        images: (n, S, S) metres; 0 where nothing was seen, which stays 0.
        poses: (n, k) depth in metres and, for suction, approach in radians: its sign changes
            where an image is flipped upside down or turned by half, image by image.
        settings: How.
        seed: Seed and epoch.
        rows: (n,) numbers of the crops.

    Raises:
        ValueError: The side is not a multiple of noise_pixels.
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
    """Return (n, count) numbers in (0, 1), each decided by seed, row and column alone.

    A counter is mixed by SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). A generator of numpy
    per row would take several times as long as everything else that is done to a crop.
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
    """Return the (side, nodes) matrix that enlarges a column cubically."""
    enlarged = cv2.resize(
        np.eye(nodes, dtype=np.float32), (nodes, side), interpolation=cv2.INTER_CUBIC
    )
    return enlarged.astype(np.float32, copy=False)


def _flip(
    images: NDArray[np.float32], poses: NDArray[np.float32], choices: NDArray[np.bool_]
) -> None:
    """Turn by half, flip left to right, flip upside down where chosen (n, 3)."""
    turned, mirrored, downwards = choices.T
    sideways, upside_down = turned ^ mirrored, turned ^ downwards
    images[sideways] = images[sideways, :, ::-1]
    images[upside_down] = images[upside_down, ::-1]
    poses[upside_down, 1:] *= -1
