"""GraspNet modules of the graphs of `dexnet_core.planning.graspnet.board_graphs`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast, TypeVar

from dexnet_core.models.graspnet_graphs import (
    CropGraph,
    FirstLevel,
    HeadsGraph,
    LaterLevel,
    SeedsGraph,
)
from dexnet_core.models.pointwise import pointwise, pointwise_of
from dexnet_core.planning.graspnet.stages import GraspNetDesign
import torch
from torch import nn, Tensor
from torch.nn.functional import max_pool2d, relu

Part = TypeVar('Part', bound=nn.Module)


def board_modules(parts: Mapping[str, nn.Module], design: GraspNetDesign) -> dict[str, nn.Module]:
    """Return a module for each graph of `board_graphs`, by name.

    Args:
        parts: Modules of a network for ONNX Runtime, from `graph_modules`.
        design: Sizes of the network.

    Raises:
        TypeError: A part is of another type.
    """
    radii = [level.radius for level in design.levels]
    first = _part(parts, 'level_1', FirstLevel)
    modules: dict[str, nn.Module] = {'level_1': BoardFirstLevel(first, radii[0])}
    for number, radius in enumerate(radii[1:], start=2):
        name = f'level_{number}'
        modules[name] = BoardLaterLevel(_part(parts, name, LaterLevel), radius)
    seeds = _part(parts, 'seeds', SeedsGraph)
    brought = design.levels[3].channels[-1], design.propagated[-1]
    modules['up_3'] = BoardPropagation(seeds.up_to_3, brought[0])
    modules['seeds'] = BoardPropagation(nn.Sequential(*seeds.up_to_2, *seeds.head), brought[1])
    radius = design.cylinders.radius
    crop, heads = _part(parts, 'crop', CropGraph), _part(parts, 'heads', HeadsGraph)
    modules['cylinders'] = BoardCylinders(crop, heads, radius)
    return {name: module.eval().requires_grad_(False) for name, module in modules.items()}


def _part(parts: Mapping[str, nn.Module], name: str, kind: type[Part]) -> Part:
    part = parts[name]
    if not isinstance(part, kind):
        got = type(part).__name__
        raise TypeError(f'the part {name} is a {got}, expected a {kind.__name__}')
    return part


def _convs(layers: nn.Sequential) -> nn.Sequential:
    """Convert linear layers on rows to 1x1 convolutions (channels first)."""
    return nn.Sequential(
        *(pointwise_of(layer) if isinstance(layer, nn.Linear) else nn.ReLU() for layer in layers)
    )


class BoardFirstLevel(nn.Module):
    """The first set abstraction; local coordinates are in units of its radius."""

    def __init__(self, level: FirstLevel, radius: float) -> None:
        super().__init__()
        head, *others = level.layers
        first = cast('nn.Conv2d', head)
        scaled = pointwise(first.weight[:, :, 0, 0] * radius, first.bias)
        self.layers = nn.ModuleList([scaled, *others])
        self.lift = pointwise_of(level.lift)

    def forward(self, local: Tensor) -> Tensor:
        """Map local coordinates (1, 3, m, s) to lifted features (1, c, m, 1) of the next level."""
        for layer in self.layers:
            local = relu(layer(local))
        lifted: Tensor = self.lift(_maximum(local))
        return lifted


class BoardLaterLevel(nn.Module):
    """A later set abstraction; the previous level has applied its first layer to the features.

    The last level ends with an identity convolution. Without a convolution after the maximum, the
    board needs thirty times as long for the maximum.
    """

    def __init__(self, level: LaterLevel, radius: float) -> None:
        super().__init__()
        self.turn = pointwise(level.turn.T * radius)
        self.middle, self.last = pointwise_of(level.middle), pointwise_of(level.last)
        self.lift = None if level.lift is None else pointwise_of(level.lift)
        self.same = pointwise(torch.eye(level.last.out_features))

    def forward(self, local: Tensor, lifted: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """Map local coordinates (1, 3, m, s) and lifted (1, c, m, s) to features (1, C, m, 1)."""
        x = relu(self.turn(local) + lifted)
        features = _maximum(relu(self.last(relu(self.middle(x)))))
        return self.same(features) if self.lift is None else (features, self.lift(features))


class BoardPropagation(nn.Module):
    """Layers on the concatenated features of two levels.

    The first layer is split into one convolution per input and a sum. This is equivalent to a
    concatenation, which takes the board ten times as long as all layers.
    """

    def __init__(self, layers: nn.Sequential, brought: int) -> None:
        """Initialise the layers.

        Args:
            layers: Layers on the concatenated channels.
            brought: Number of interpolated channels, which come first.
        """
        super().__init__()
        head, *others = layers
        first = cast('nn.Linear', head)
        self.brought = pointwise(first.weight[:, :brought], first.bias)
        self.own = pointwise(first.weight[:, brought:])
        self.layers = _convs(nn.Sequential(*others))

    def forward(self, brought: Tensor, own: Tensor) -> Tensor:
        """Map interpolated (1, c, m, 1) and fine features (1, d, m, 1) to (1, C, m, 1)."""
        outputs: Tensor = self.layers(self.brought(brought) + self.own(own))
        return outputs


class BoardCylinders(nn.Module):
    """The second stage; local coordinates are in units of the cylinders' radius."""

    def __init__(self, crop: CropGraph, heads: HeadsGraph, radius: float) -> None:
        super().__init__()
        head, *others = _convs(crop.layers)
        first = cast('nn.Conv2d', head)
        scaled = pointwise(first.weight[:, :, 0, 0] * radius, first.bias)
        self.layers = nn.Sequential(scaled, *others, pointwise(crop.last.weight, heads.shift))
        self.operation, self.tolerance = _convs(heads.operation), _convs(heads.tolerance)

    def forward(self, local: Tensor) -> tuple[Tensor, Tensor]:
        """Map (1, 3, groups, s) to (1, 3 * angles, groups, 1) and (1, angles, groups, 1)."""
        features = _maximum(relu(self.layers(local)))
        return self.operation(features), self.tolerance(features)


def _maximum(features: Tensor) -> Tensor:
    """Return the maximum (1, C, m, 1) of (1, C, m, s) over the samples."""
    return max_pool2d(features, (1, features.shape[3]))
