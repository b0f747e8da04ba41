"""Noise model of depth cameras; depths are in metres, before any scaling."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
from dexnet_core.planning.values.checks import (
    require_not_negative,
    require_positive,
    require_shares,
)
import numpy as np
from numpy.typing import NDArray

Depth = NDArray[np.float32]
Rng = np.random.Generator


@dataclass(frozen=True)
class NoiseSettings:
    """Upper limits of the noise effects; each image draws its own strengths below these limits.

    The first three attributes are the model of Dex-Net 2.0 (S2): depth = gamma * true + e. The
    published correlated noise of 5 mm is that of one old camera and is the upper limit here.

    Attributes:
        gamma_shape: Shape parameter of a gamma-distributed scale factor of the whole image; its
            mean is 1.
        correlated: Standard deviation of the smooth noise in metres.
        correlation: Grid spacing of the independent values of the smooth noise in pixels.
        speckle: Standard deviation of the per-pixel noise in metres at 1 m; grows with depth^2.
        quantisation: Step between depth levels in metres at 1 m; grows with depth^2 (disparity
            steps).
        grazing: Cosine of the angle between ray and normal below which measurements fail.
        edge: Maximum width in pixels of the band at a depth edge where pixels can be lost.
        edge_jump: Minimum depth difference between neighbours at an edge in metres.
        dropout: Fraction of pixels that are lost at random.

    Raises:
        ValueError: A number is out of range.
    """

    gamma_shape: float = 1000.0
    correlated: float = 0.005
    correlation: int = 12
    speckle: float = 0.002
    quantisation: float = 0.003
    grazing: float = 0.3
    edge: int = 3
    edge_jump: float = 0.01
    dropout: float = 0.01

    def __post_init__(self) -> None:
        require_positive(self, 'gamma_shape', 'correlation')
        require_not_negative(self, 'correlated', 'speckle', 'quantisation', 'edge', 'edge_jump')
        require_shares(self, 'grazing', 'dropout')


def measure(
    depth: Depth, focal: float, settings: NoiseSettings, rng: Rng, strength: float | None = None
) -> Depth:
    """Return a noisy depth image.

    Args:
        depth: (H, W) true depth in metres; 0 where there is no surface.
        focal: Focal length in pixels.
        settings: Upper limits of the effects.
        rng: Random generator.
        strength: Factor from 0 to 1 on the upper limits; by default each effect draws its own.
            It does not apply to the gamma factor and to the pixels lost at edges.

    Returns:
        (H, W) float32 depth in metres; 0 where the measurement failed.
    """

    def share() -> float:
        return float(rng.uniform() ** 3) if strength is None else strength

    lost = _lost(depth, focal, settings, rng, share())
    factor = rng.gamma(settings.gamma_shape, 1 / settings.gamma_shape)
    noisy = depth * np.float32(factor)
    noisy += _smooth_noise(depth.shape, settings, rng) * np.float32(settings.correlated * share())
    grain = rng.standard_normal(depth.shape, dtype=np.float32)
    noisy += grain * noisy * noisy * np.float32(settings.speckle * share())
    noisy = _quantised(noisy, settings.quantisation * share())
    noisy[lost | (depth <= 0) | (noisy <= 0)] = 0
    return noisy


def _smooth_noise(shape: tuple[int, int], settings: NoiseSettings, rng: Rng) -> Depth:
    """Return unit noise on a coarse grid, upsampled with bicubic interpolation."""
    coarse = [length // settings.correlation + 2 for length in shape]
    grid = rng.standard_normal(coarse, dtype=np.float32)
    smooth = cv2.resize(grid, shape[::-1], interpolation=cv2.INTER_CUBIC)
    return smooth.astype(np.float32, copy=False)


def _quantised(depth: Depth, step: float) -> Depth:
    """Round inverse depth to levels with a spacing of `step` metres at 1 m."""
    if step < 1e-5:
        return depth
    level = np.round(1 / np.maximum(depth, 0.05) / np.float32(step))
    return (1 / np.maximum(level * np.float32(step), 1e-3)).astype(np.float32)


def _lost(
    depth: Depth, focal: float, settings: NoiseSettings, rng: Rng, share: float
) -> NDArray[np.bool_]:
    """Return the mask of lost pixels: at grazing angles, at depth edges, and at random."""
    across, down = cv2.Sobel(depth, -1, 1, 0, scale=1 / 8), cv2.Sobel(depth, -1, 0, 1, scale=1 / 8)
    slope = np.hypot(across, down) * focal / np.maximum(depth, 0.05)
    steep = slope > 1 / max(settings.grazing * share, 1e-3)
    around = np.ones((3, 3), np.uint8)
    near_far = cv2.dilate(depth, around) - cv2.erode(depth, around)
    edge = (near_far > settings.edge_jump).astype(np.uint8)
    width = rng.integers(0, settings.edge + 1)
    lost = steep & (rng.random(depth.shape, dtype=np.float32) < 0.9)
    if width:
        beside = cv2.dilate(edge, np.ones((width, width), np.uint8)) > 0
        lost |= beside & (_smooth_noise(depth.shape, settings, rng) > rng.uniform(-1, 1))
    return lost | (rng.random(depth.shape, dtype=np.float32) < settings.dropout * share)
