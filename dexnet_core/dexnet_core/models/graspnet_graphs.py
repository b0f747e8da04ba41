"""Dense parts of a GraspNet for export; see `dexnet_core.planning.graspnet.stages`.

Batch norms are folded into the linear layers. The radius of each level is folded into its first
layer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from dexnet_core.models.graspnet import CloudCrop, GraspGenerator, GraspNet
from dexnet_core.models.graspnet_backbone import Head, ViewEstimator
from dexnet_core.pointnet2.modules import (
    FeaturePropagation,
    PointLayer,
    PointNetwork,
    SetAbstraction,
)
import torch
from torch import nn, Tensor
from torch.nn.functional import linear, max_pool2d, relu
from torch.nn.utils.fusion import fuse_conv_bn_eval


def graph_modules(network: GraspNet) -> dict[str, nn.Module]:
    """Return a module for each graph of `stages.graphs`, by name.

    Args:
        network: Network in evaluation mode; its weights are copied.

    Raises:
        ValueError: The network is in training mode.
    """
    if network.training:
        raise ValueError('the network is in training mode, expected eval() to fold batch norms')
    first, *others = _levels(network)
    levels: list[nn.Module] = [FirstLevel(first, others[0])]
    levels += [LaterLevel(*pair) for pair in zip(others, [*others[1:], None], strict=True)]
    modules = {f'level_{number}': level for number, level in enumerate(levels, 1)}
    modules['seeds'] = SeedsGraph(network.view_estimator)
    modules['crop'] = CropGraph(network.grasp_generator.crop)
    modules['heads'] = HeadsGraph(network.grasp_generator)
    return {name: module.eval().requires_grad_(False) for name, module in modules.items()}


def _levels(network: GraspNet) -> list[SetAbstraction]:
    backbone = network.view_estimator.backbone
    return [backbone.sa1, backbone.sa2, backbone.sa3, backbone.sa4]


def _folded(network: PointNetwork) -> list[nn.Conv2d]:
    layers = [cast('PointLayer', layer) for layer in network]
    return [fuse_conv_bn_eval(layer.conv, cast('nn.BatchNorm2d', layer.bn.bn)) for layer in layers]


def _linear(conv: nn.Conv2d) -> nn.Linear:
    """Return the linear layer that is equivalent to a 1x1 convolution."""
    result = nn.Linear(conv.in_channels, conv.out_channels)
    result.load_state_dict({'weight': conv.weight[:, :, 0, 0], 'bias': conv.bias})
    return result


class _Lift(nn.Linear):
    """The part of a level's first layer that applies to the point features, with the bias."""

    def __init__(self, level: SetAbstraction) -> None:
        conv = _folded(level.mlp_module)[0]
        super().__init__(conv.in_channels - 3, conv.out_channels)
        self.load_state_dict({'weight': conv.weight[:, 3:, 0, 0], 'bias': conv.bias})


class FirstLevel(nn.Module):
    """The first set abstraction for known neighbours; channels first inside.

    Args:
        level: Level of the network.
        following: The next level; its first layer is applied to the output features.
    """

    def __init__(self, level: SetAbstraction, following: SetAbstraction) -> None:
        super().__init__()
        layers = _folded(level.mlp_module)
        layers[0].weight = nn.Parameter(layers[0].weight / level.radius)
        self.layers = nn.ModuleList(layers)
        self.lift = _Lift(following)
        self.samples = level.samples

    def forward(self, points: Tensor, centres: Tensor, neighbours: Tensor) -> Tensor:
        """Return the lifted features (m, c) for the next level.

        Args:
            points: (n, 3) points in metres.
            centres: (m, 3) sampled points in metres.
            neighbours: (m, s) indices of the neighbours in the points.
        """
        x = (points[neighbours] - centres[:, None]).permute(2, 0, 1)[None]  # (1, 3, m, s)
        *layers, last = self.layers
        for layer in layers:
            x = relu(layer(x))
        # ReLU after the maximum gives the same result at less cost.
        features = relu(max_pool2d(last(x), (1, self.samples)))  # (1, C, m, 1)
        lifted: Tensor = self.lift(features[0, :, :, 0].T)
        return lifted


class LaterLevel(nn.Module):
    """A later set abstraction; the previous level has applied its first layer to the features.

    Args:
        level: Level of the network.
        following: The next level; its first layer is applied to the output features. None for
            the last level.
    """

    def __init__(self, level: SetAbstraction, following: SetAbstraction | None) -> None:
        super().__init__()
        first, middle, last = _folded(level.mlp_module)
        self.turn = nn.Parameter(first.weight[:, :3, 0, 0].T / level.radius)
        self.middle, self.last = _linear(middle), _linear(last)
        self.lift = None if following is None else _Lift(following)
        self.samples = level.samples

    def forward(
        self, points: Tensor, lifted: Tensor, centres: Tensor, neighbours: Tensor
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Return the features (m, C) and, except for the last level, the lifted features.

        Args:
            points: (n, 3) points in metres.
            lifted: (n, c) lifted features of the points.
            centres: (m, 3) sampled points in metres.
            neighbours: (m, s) indices of the neighbours in the points.
        """
        apart = (points[neighbours] - centres[:, None]).reshape(-1, 3)
        x = relu(torch.addmm(lifted[neighbours.reshape(-1)], apart, self.turn))
        outputs = linear(relu(self.middle(x)), self.last.weight)
        maxima = outputs.unflatten(0, (-1, self.samples)).amax(dim=1)
        features = relu(maxima + self.last.bias)
        return features if self.lift is None else (features, self.lift(features))


class SeedsGraph(nn.Module):
    """Feature propagation to the seeds, and the approach network."""

    def __init__(self, estimator: ViewEstimator) -> None:
        super().__init__()
        backbone = estimator.backbone
        self.up_to_3, self.up_to_2 = _propagation(backbone.fp1), _propagation(backbone.fp2)
        self.head = _head(estimator.vpmodule)

    def forward(
        self, features_2: Tensor, features_3: Tensor, features_4: Tensor, *near: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return objectness and view scores of the seeds.

        Args:
            features_2: Features of level 2.
            features_3: Features of level 3.
            features_4: Features of level 4.
            near: Indices and weights of the interpolation from level 4 to 3, then from 3 to 2.
        """
        near_3, weights_3, near_2, weights_2 = near
        third = self.up_to_3(_brought(features_4, near_3, weights_3, features_3))
        scores = self.head(self.up_to_2(_brought(third, near_2, weights_2, features_2)))
        return scores[:, :2], scores[:, 2:]


class CropGraph(nn.Module):
    """The point network of the cylinders, without its last bias and ReLU."""

    def __init__(self, crop: CloudCrop) -> None:
        super().__init__()
        *layers, last = _folded(crop.mlps)
        self.layers = _rectified(layers)
        self.last = nn.Linear(last.in_channels, last.out_channels, bias=False)
        self.last.load_state_dict({'weight': last.weight[:, :, 0, 0]})

    def forward(self, local: Tensor) -> Tensor:
        """Map (n, 3) points in metres to (n, C)."""
        features: Tensor = self.last(self.layers(local))
        return features


class HeadsGraph(nn.Module):
    """The heads on the maximum features of each cylinder."""

    def __init__(self, generator: GraspGenerator) -> None:
        super().__init__()
        self.shift = nn.Parameter(cast('Tensor', _folded(generator.crop.mlps)[-1].bias))
        self.operation, self.tolerance = _head(generator.operation), _head(generator.tolerance)

    def forward(self, features: Tensor) -> tuple[Tensor, ...]:
        """Map (g, C) to score, angle, width and tolerance, (g, angles) each."""
        features = relu(features + self.shift)
        return *self.operation(features).chunk(3, dim=1), self.tolerance(features)


def _rectified(layers: Iterable[nn.Conv2d]) -> nn.Sequential:
    return nn.Sequential(*(module for conv in layers for module in (_linear(conv), nn.ReLU())))


def _propagation(module: FeaturePropagation) -> nn.Sequential:
    return _rectified(_folded(module.mlp))


def _head(head: Head) -> nn.Sequential:
    hidden = fuse_conv_bn_eval(head.conv1, head.bn1), fuse_conv_bn_eval(head.conv2, head.bn2)
    return _rectified(hidden).append(_linear(head.conv3))


def _brought(coarse: Tensor, near: Tensor, weights: Tensor, fine: Tensor) -> Tensor:
    """Return the interpolated coarse features, concatenated with the fine features."""
    return torch.cat([(coarse[near] * weights[..., None]).sum(dim=1), fine], dim=1)
