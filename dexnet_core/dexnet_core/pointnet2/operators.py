"""Features of points: taken, grouped and interpolated; differentiable in the features."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import embedding

_TINY = 1e-8


def gather(features: Tensor, indices: Tensor) -> Tensor:
    """Return (B, C, m) columns of (B, C, N) features at (B, m) int64 indices."""
    return features.gather(2, indices[:, None].expand(-1, features.shape[1], -1))


def group(features: Tensor, indices: Tensor) -> Tensor:
    """Return (B, C, m, s) columns of (B, C, N) features at (B, m, s) int64 indices.

    The channels of a column lie together in memory: whole rows are copied, and their gradients
    added, several times as fast as numbers one by one.
    """
    count, channels, points = features.shape
    first = torch.arange(count, device=indices.device)[:, None, None] * points
    rows = features.mT.reshape(count * points, channels)
    return embedding(indices + first, rows).permute(0, 3, 1, 2)


def take_points(points: Tensor, indices: Tensor) -> Tensor:
    """Return (B, m, 3) rows of (B, N, 3) points at (B, m) int64 indices."""
    return gather(points.mT, indices).mT


def interpolation_weights(distances: Tensor) -> Tensor:
    """Return (B, n, 3) weights that fall with the distance and sum to 1.

    Args:
        distances: (B, n, 3) metres; infinite for none, at least one is finite.
    """
    closeness = 1.0 / (distances + _TINY)
    return closeness / closeness.sum(dim=2, keepdim=True)


def three_interpolate(features: Tensor, indices: Tensor, weights: Tensor) -> Tensor:
    """Return (B, C, n) weighted sums of three columns each.

    Args:
        features: (B, C, m).
        indices: (B, n, 3) int64.
        weights: (B, n, 3).
    """
    return (group(features, indices) * weights[:, None]).sum(dim=3)
