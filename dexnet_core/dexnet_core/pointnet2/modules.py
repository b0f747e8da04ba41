"""Set abstraction and feature propagation (Qi et al., PointNet++, NIPS 2017).

Modules are named as in graspnet-baseline, so that its weights fit.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from itertools import pairwise
from typing import cast, NamedTuple

from dexnet_core.pointnet2.operators import (
    group,
    interpolation_weights,
    take_points,
    three_interpolate,
)
from dexnet_core.pointnet2.search import (
    ball_query,
    furthest_point_sample,
    Nearest,
    three_nearest,
)
import torch
from torch import nn, Tensor
from torch.nn.functional import max_pool2d, relu


class Abstraction(NamedTuple):
    """Fewer points with more features.

    Attributes:
        indices: (B, m) int64 rows of the points that were kept.
        points: (B, m, 3) metres.
        features: (B, C, m).
    """

    indices: Tensor
    points: Tensor
    features: Tensor


class Surroundings(NamedTuple):
    """Which points of a cloud belong together, as found before the network is run.

    Attributes:
        levels: For each of the four levels (B, m) int64 rows of the cloud.
        neighbours: For each level (B, m, samples) int64 rows of the level before; the cloud for
            the first.
        distances: For levels 2 and 3 (B, m, 3) metres to the nearest points of the next level.
        nearest: For levels 2 and 3 (B, m, 3) int64 rows of the next level.
    """

    levels: tuple[Tensor, ...]
    neighbours: tuple[Tensor, ...]
    distances: tuple[Tensor, ...]
    nearest: tuple[Tensor, ...]


class PointLayer(nn.Sequential):
    """A linear map of each point's channels, normalised over the batch, then rectified."""

    conv: nn.Conv2d
    bn: nn.Sequential

    def __init__(self, channels_in: int, channels_out: int) -> None:
        normalised = nn.Sequential(OrderedDict(bn=nn.BatchNorm2d(channels_out)))
        convolution = nn.Conv2d(channels_in, channels_out, 1, bias=False)
        layers = OrderedDict(
            conv=convolution,
            bn=normalised,
            activation=nn.ReLU(inplace=True),
        )
        super().__init__(layers)
        nn.init.kaiming_normal_(convolution.weight)


class PointNetwork(nn.Sequential):
    """The same layers for each point: (B, C, m, s) to (B, C', m, s)."""

    def __init__(self, channels: Sequence[int]) -> None:
        layers = (PointLayer(*pair) for pair in pairwise(channels))
        super().__init__(OrderedDict((f'layer{i}', layer) for i, layer in enumerate(layers)))

    def maximum(self, seen: Tensor) -> Tensor:
        """Map (B, C, m, s) to (B, C', m), the greatest of all s.

        The last layer is rectified after the maximum, which is the same and less to do.
        """
        *layers, final = self
        for layer in layers:
            seen = layer(seen)
        last = cast('PointLayer', final)
        said = last.bn(last.conv(seen))
        return relu(max_pool2d(said, (1, seen.shape[3]))).squeeze(3)


class SetAbstraction(nn.Module):
    """Keep the farthest points, each with the maximum over what a network says of its neighbours.

    Args:
        count: Points to keep.
        radius: Metres around a kept point; the network sees neighbours in units of it.
        samples: Neighbours at most.
        channels: Of the features that come in, then of each layer.
    """

    def __init__(self, count: int, radius: float, samples: int, channels: Sequence[int]) -> None:
        super().__init__()
        self.count, self.radius, self.samples = count, radius, samples
        self.mlp_module = PointNetwork((channels[0] + 3, *channels[1:]))

    def forward(self, points: Tensor, features: Tensor | None) -> Abstraction:
        """Map (B, N, 3) points and their (B, C, N) features, None for no channel."""
        indices = furthest_point_sample(points, self.count)
        centres = take_points(points, indices)
        neighbours = ball_query(self.radius, self.samples, points, centres)
        found = self.features_of(points, features, centres, neighbours)
        return Abstraction(indices, centres, found)

    def features_of(
        self, points: Tensor, features: Tensor | None, centres: Tensor, neighbours: Tensor
    ) -> Tensor:
        """Return (B, C', m) features of (B, m, 3) centres with (B, m, s) known neighbours."""
        seen = (group(points.mT, neighbours) - centres.mT[..., None]) / self.radius
        if features is not None:
            seen = torch.cat([seen, group(features, neighbours)], dim=1)
        return self.mlp_module.maximum(seen)


class FeaturePropagation(nn.Module):
    """Bring features from fewer points back to more.

    Args:
        channels: Of both inputs together, then of each layer.
    """

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self.mlp = PointNetwork(channels)

    def forward(self, fine: Abstraction, coarse: Abstraction) -> Tensor:
        """Return (B, C, n) features of the fine points."""
        near = three_nearest(fine.points, coarse.points)
        return self.features_of(fine, coarse, near)

    def features_of(self, fine: Abstraction, coarse: Abstraction, near: Nearest) -> Tensor:
        """Return (B, C, n) features of the fine points whose nearest coarse ones are known."""
        weights = interpolation_weights(near.distances)
        brought = three_interpolate(coarse.features, near.indices, weights)
        both = torch.cat([brought, fine.features], dim=1)
        features: Tensor = self.mlp(both[..., None]).squeeze(3)
        return features
