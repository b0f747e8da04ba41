"""Gathering, grouping and interpolation of point features; differentiable in the features."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import embedding

_TINY = 1e-8


def gather(features: Tensor, indices: Tensor) -> Tensor:
    """Return columns (B, C, m) of features (B, C, N) at int64 indices (B, m)."""
    return features.gather(2, indices[:, None].expand(-1, features.shape[1], -1))


def group(features: Tensor, indices: Tensor) -> Tensor:
    """Return columns (B, C, m, s) of features (B, C, N) at int64 indices (B, m, s).

    The channels of a column are contiguous in memory. Whole rows are copied and their gradients
    added, which is several times faster than access to single numbers.
    """
    count, channels, points = features.shape
    first = torch.arange(count, device=indices.device)[:, None, None] * points
    rows = features.mT.reshape(count * points, channels)
    return embedding(indices + first, rows).permute(0, 3, 1, 2)


def take_points(points: Tensor, indices: Tensor) -> Tensor:
    """Return rows (B, m, 3) of points (B, N, 3) at int64 indices (B, m)."""
    return gather(points.mT, indices).mT


def interpolation_weights(distances: Tensor) -> Tensor:
    """Return inverse-distance weights (B, n, 3) that sum to 1.

    Args:
        distances: (B, n, 3) distances in metres; infinite for a missing point. At least one is
            finite.
    """
    closeness = 1.0 / (distances + _TINY)
    return closeness / closeness.sum(dim=2, keepdim=True)


def three_interpolate(features: Tensor, indices: Tensor, weights: Tensor) -> Tensor:
    """Return weighted sums (B, C, n) of three columns each.

    Args:
        features: (B, C, m) features.
        indices: (B, n, 3) int64 column indices.
        weights: (B, n, 3) weights.
    """
    return (group(features, indices) * weights[:, None]).sum(dim=3)
