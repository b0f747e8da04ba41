"""The dense parts of a GraspNet, for export; see `dexnet_core.planning.graspnet.stages`.

Batch norms are folded into the linear maps, radii into the first of each level.
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
    """Return for each graph of `stages.graphs`, by name, a module that computes it.

    Args:
        network: Ready to answer; its weights are copied.

    Raises:
        ValueError: The network is in training.
    """
    if network.training:
        raise ValueError('the network is in training, expected eval(): batch norms are folded')
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
    """Return the map that a 1x1 convolution makes of the channels of one pixel."""
    result = nn.Linear(conv.in_channels, conv.out_channels)
    result.load_state_dict({'weight': conv.weight[:, :, 0, 0], 'bias': conv.bias})
    return result


class _Lift(nn.Linear):
    """What the first layer of a level makes of the features of a point, shift included."""

    def __init__(self, level: SetAbstraction) -> None:
        conv = _folded(level.mlp_module)[0]
        super().__init__(conv.in_channels - 3, conv.out_channels)
        self.load_state_dict({'weight': conv.weight[:, 3:, 0, 0], 'bias': conv.bias})


class FirstLevel(nn.Module):
    """The first set abstraction after its neighbours are known; channels first inside.

    Args:
        level: Of the network.
        following: The next level, whose first layer is applied to the features.
    """

    def __init__(self, level: SetAbstraction, following: SetAbstraction) -> None:
        super().__init__()
        layers = _folded(level.mlp_module)
        layers[0].weight = nn.Parameter(layers[0].weight / level.radius)
        self.layers = nn.ModuleList(layers)
        self.lift = _Lift(following)
        self.samples = level.samples

    def forward(self, points: Tensor, centres: Tensor, neighbours: Tensor) -> Tensor:
        """Map (n, 3), (m, 3) metres and (m, s) rows of points to (m, c) for the next level."""
        seen = (points[neighbours] - centres[:, None]).permute(2, 0, 1)[None]  # (1, 3, m, s)
        *layers, last = self.layers
        for layer in layers:
            seen = relu(layer(seen))
        # The maximum is the same before rectification, and there is less to rectify after it.
        features = relu(max_pool2d(last(seen), (1, self.samples)))  # (1, C, m, 1)
        said: Tensor = self.lift(features[0, :, :, 0].T)
        return said


class LaterLevel(nn.Module):
    """A set abstraction whose first layer has been applied to the features of the points.

    Args:
        level: Of the network.
        following: The next level, whose first layer is applied to the features; None for none.
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
        """Map (n, 3) metres, (n, c), (m, 3) metres and (m, s) rows to (m, C) features."""
        apart = (points[neighbours] - centres[:, None]).reshape(-1, 3)
        seen = relu(torch.addmm(lifted[neighbours.reshape(-1)], apart, self.turn))
        said = linear(relu(self.middle(seen)), self.last.weight)
        most = said.unflatten(0, (-1, self.samples)).amax(dim=1)
        features = relu(most + self.last.bias)
        return features if self.lift is None else (features, self.lift(features))


class SeedsGraph(nn.Module):
    """Feature propagation to the seeds, and what the approach network says of them."""

    def __init__(self, estimator: ViewEstimator) -> None:
        super().__init__()
        backbone = estimator.backbone
        self.up_to_3, self.up_to_2 = _propagation(backbone.fp1), _propagation(backbone.fp2)
        self.head = _head(estimator.vpmodule)

    def forward(
        self, features_2: Tensor, features_3: Tensor, features_4: Tensor, *near: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Map features of three levels, near and weights from 4 to 3, then from 3 to 2."""
        near_3, weights_3, near_2, weights_2 = near
        third = self.up_to_3(_brought(features_4, near_3, weights_3, features_3))
        said = self.head(self.up_to_2(_brought(third, near_2, weights_2, features_2)))
        return said[:, :2], said[:, 2:]


class CropGraph(nn.Module):
    """The point network of the cylinders, without its last shift and rectification."""

    def __init__(self, crop: CloudCrop) -> None:
        super().__init__()
        *layers, last = _folded(crop.mlps)
        self.layers = _rectified(layers)
        self.last = nn.Linear(last.in_channels, last.out_channels, bias=False)
        self.last.load_state_dict({'weight': last.weight[:, :, 0, 0]})

    def forward(self, local: Tensor) -> Tensor:
        """Map (n, 3) points in metres to (n, C)."""
        said: Tensor = self.last(self.layers(local))
        return said


class HeadsGraph(nn.Module):
    """The heads, from the greatest features in each cylinder."""

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
    """Return the features of the coarse level at the fine points, beside their own."""
    return torch.cat([(coarse[near] * weights[..., None]).sum(dim=1), fine], dim=1)
