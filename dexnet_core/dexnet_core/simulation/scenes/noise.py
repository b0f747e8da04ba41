"""What a real depth camera makes of a perfect depth image; all in metres, before any scaling."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Depth = NDArray[np.float32]
Rng = np.random.Generator


@dataclass(frozen=True)
class NoiseSettings:
    """How strong each effect can be; each image draws its own strengths below these.

    The first three are the published model of Dex-Net 2.0 (S2): depth = gamma * true + e. The
    published correlated noise of 5 mm is that of one old camera, so it is the upper end here.

    Attributes:
        gamma_shape: Shape of the gamma factor with mean 1 on the whole image.
        correlated: Standard deviation in metres of the smooth noise.
        correlation: Pixels between the independent values of the smooth noise.
        speckle: Standard deviation in metres at 1 m of independent noise; grows with depth^2.
        quantisation: Metres between two levels at 1 m; grows with depth^2 (disparity steps).
        grazing: Cosine of the angle between ray and normal below which measurements fail.
        edge: Pixels beside a depth edge that may be lost.
        edge_jump: Metres of depth between neighbours that make an edge, at least.
        dropout: Share of pixels lost anywhere.
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


def measure(
    depth: Depth, focal: float, settings: NoiseSettings, rng: Rng, strength: float | None = None
) -> Depth:
    """Return what a camera measures where the truth is `depth`.

    Args:
        depth: (H, W) metres; 0 where nothing is.
        focal: Focal length in pixels.
        settings: Upper ends of the effects.
        rng: Decides everything.
        strength: Share of the upper ends of what has a strength (gamma and the loss beside edges
            have none); each draws its own without.

    Returns:
        (H, W) float32 metres; 0 where the measurement failed.
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
    """Return unit noise on a coarse grid, enlarged bicubically."""
    coarse = [length // settings.correlation + 2 for length in shape]
    grid = rng.standard_normal(coarse, dtype=np.float32)
    smooth = cv2.resize(grid, shape[::-1], interpolation=cv2.INTER_CUBIC)
    return smooth.astype(np.float32, copy=False)


def _quantised(depth: Depth, step: float) -> Depth:
    """Round the inverse of depth to levels that lie `step` metres apart at 1 m."""
    if step < 1e-5:
        return depth
    level = np.round(1 / np.maximum(depth, 0.05) / np.float32(step))
    return (1 / np.maximum(level * np.float32(step), 1e-3)).astype(np.float32)


def _lost(
    depth: Depth, focal: float, settings: NoiseSettings, rng: Rng, share: float
) -> NDArray[np.bool_]:
    """Return the pixels that fail: at grazing angles, beside depth edges, and anywhere."""
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
