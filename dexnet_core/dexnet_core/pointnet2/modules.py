"""Set abstraction and feature propagation (Qi et al., PointNet++, NIPS 2017).

The modules have the names of graspnet-baseline, so its weights can be loaded.
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
    """Output of a set abstraction: sampled points with their features.

    Attributes:
        indices: (B, m) int64 indices of the sampled points in the input points.
        points: (B, m, 3) sampled points in metres.
        features: (B, C, m) features.
    """

    indices: Tensor
    points: Tensor
    features: Tensor


class Surroundings(NamedTuple):
    """Precomputed neighbourhoods of a cloud, an input of the network.

    Attributes:
        levels: For each of the four levels, (B, m) int64 indices of its points in the cloud.
        neighbours: For each level, (B, m, samples) int64 indices of the neighbours in the
            previous level; in the cloud for the first level.
        distances: For levels 2 and 3, (B, m, 3) distances to the three nearest points of the
            next level in metres.
        nearest: For levels 2 and 3, (B, m, 3) int64 indices of these points in the next level.
    """

    levels: tuple[Tensor, ...]
    neighbours: tuple[Tensor, ...]
    distances: tuple[Tensor, ...]
    nearest: tuple[Tensor, ...]


class PointLayer(nn.Sequential):
    """Linear layer on the channels of each point, batch norm and ReLU."""

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
    """Shared point-wise layers: (B, C, m, s) to (B, C', m, s)."""

    def __init__(self, channels: Sequence[int]) -> None:
        layers = (PointLayer(*pair) for pair in pairwise(channels))
        super().__init__(OrderedDict((f'layer{i}', layer) for i, layer in enumerate(layers)))

    def maximum(self, features: Tensor) -> Tensor:
        """Map (B, C, m, s) to (B, C', m), the maximum over the s samples.

        The last ReLU is applied after the maximum, which gives the same result at less cost.
        """
        *layers, final = self
        for layer in layers:
            features = layer(features)
        last = cast('PointLayer', final)
        outputs = last.bn(last.conv(features))
        return relu(max_pool2d(outputs, (1, features.shape[3]))).squeeze(3)


class SetAbstraction(nn.Module):
    """Farthest point sampling, grouping, and max pooling of point-wise features of the neighbours.

    Args:
        count: Number of sampled points.
        radius: Radius of a neighbourhood in metres; the unit of the network's coordinates.
        samples: Maximum number of neighbours.
        channels: Channels of the input features, then of each layer.
    """

    def __init__(self, count: int, radius: float, samples: int, channels: Sequence[int]) -> None:
        super().__init__()
        self.count, self.radius, self.samples = count, radius, samples
        self.mlp_module = PointNetwork((channels[0] + 3, *channels[1:]))

    def forward(self, points: Tensor, features: Tensor | None) -> Abstraction:
        """Return the abstraction of points (B, N, 3) with features (B, C, N) or None."""
        indices = furthest_point_sample(points, self.count)
        centres = take_points(points, indices)
        neighbours = ball_query(self.radius, self.samples, points, centres)
        found = self.features_of(points, features, centres, neighbours)
        return Abstraction(indices, centres, found)

    def features_of(
        self, points: Tensor, features: Tensor | None, centres: Tensor, neighbours: Tensor
    ) -> Tensor:
        """Return features (B, C', m) of centres (B, m, 3) with neighbour indices (B, m, s)."""
        inputs = (group(points.mT, neighbours) - centres.mT[..., None]) / self.radius
        if features is not None:
            inputs = torch.cat([inputs, group(features, neighbours)], dim=1)
        return self.mlp_module.maximum(inputs)


class FeaturePropagation(nn.Module):
    """Propagate features from a coarse level to a fine level by interpolation.

    Args:
        channels: Channels of both inputs together, then of each layer.
    """

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self.mlp = PointNetwork(channels)

    def forward(self, fine: Abstraction, coarse: Abstraction) -> Tensor:
        """Return features (B, C, n) of the fine points."""
        near = three_nearest(fine.points, coarse.points)
        return self.features_of(fine, coarse, near)

    def features_of(self, fine: Abstraction, coarse: Abstraction, near: Nearest) -> Tensor:
        """Return features (B, C, n) of the fine points from known nearest coarse points."""
        weights = interpolation_weights(near.distances)
        interpolated = three_interpolate(coarse.features, near.indices, weights)
        both = torch.cat([interpolated, fine.features], dim=1)
        features: Tensor = self.mlp(both[..., None]).squeeze(3)
        return features
