"""First stage of a GraspNet: seed points on a cloud and their approach directions.

The modules have the names of graspnet-baseline, so its weights can be loaded.
"""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.planning.graspnet.approach_directions import view_rotations
from dexnet_core.planning.graspnet.stages import GraspNetDesign, Level, VIEWS
from dexnet_core.pointnet2.modules import (
    Abstraction,
    FeaturePropagation,
    SetAbstraction,
    Surroundings,
)
from dexnet_core.pointnet2.operators import take_points
from dexnet_core.pointnet2.search import Nearest
import torch
from torch import nn, Tensor
from torch.nn.functional import relu


class SeedViews(NamedTuple):
    """Output of the first stage for n seeds.

    Attributes:
        levels: The four levels; the points of the second level are the seeds.
        features: (B, C, n) features of the seeds.
        objectness: (B, 2, n) logits of the classes "not on an object" and "on an object".
        view_score: (B, n, VIEWS) grasp quality of each approach direction (view).
    """

    levels: tuple[Abstraction, ...]
    features: Tensor
    objectness: Tensor
    view_score: Tensor

    @property
    def indices(self) -> Tensor:
        """Indices (B, n) int64 of the seeds in the cloud, via the first level."""
        return self.levels[0].indices.gather(1, self.levels[1].indices)

    @property
    def points(self) -> Tensor:
        """Seed points (B, n, 3) in metres."""
        return self.levels[1].points

    @property
    def best(self) -> Tensor:
        """Index (B, n) int64 of the best view of each seed."""
        return self.view_score.argmax(dim=2)


class Backbone(nn.Module):
    """Seed features: four set abstractions and two feature propagations to the second level."""

    sa1: SetAbstraction
    sa2: SetAbstraction
    sa3: SetAbstraction
    sa4: SetAbstraction

    def __init__(self, design: GraspNetDesign) -> None:
        super().__init__()
        before = 0
        for k, level in enumerate(design.levels, 1):
            self.add_module(f'sa{k}', _abstraction(level, before))
            before = level.channels[-1]
        widths = [level.channels[-1] for level in design.levels]
        self.fp1 = FeaturePropagation((widths[3] + widths[2], *design.propagated))
        self.fp2 = FeaturePropagation((design.propagated[-1] + widths[1], *design.propagated))

    def forward(self, cloud: Tensor) -> tuple[tuple[Abstraction, ...], Tensor]:
        """Return the four levels of a cloud (B, N, 3) and the seed features (B, C, n)."""
        levels, points, features = [], cloud, None
        for abstraction in (self.sa1, self.sa2, self.sa3, self.sa4):
            levels.append(abstraction(points, features))
            points, features = levels[-1].points, levels[-1].features
        third = levels[2]._replace(features=self.fp1(levels[2], levels[3]))
        return tuple(levels), self.fp2(levels[1], third)

    def known(self, cloud: Tensor, around: Surroundings) -> tuple[tuple[Abstraction, ...], Tensor]:
        """Return the result of `forward` for known neighbourhoods; indices refer to the cloud."""
        levels, points, features = [], cloud, None
        modules = self.sa1, self.sa2, self.sa3, self.sa4
        for module, rows, neighbours in zip(
            modules, around.levels, around.neighbours, strict=True
        ):
            centres = take_points(cloud, rows)
            features = module.features_of(points, features, centres, neighbours)
            points = centres
            levels.append(Abstraction(rows, centres, features))
        fine, coarse = map(Nearest, around.distances, around.nearest)
        third = levels[2]._replace(features=self.fp1.features_of(levels[2], levels[3], coarse))
        return tuple(levels), self.fp2.features_of(levels[1], third, fine)


def _abstraction(level: Level, channels_in: int) -> SetAbstraction:
    channels = (channels_in, *level.channels)
    return SetAbstraction(level.centres, level.radius, level.samples, channels)


class Head(nn.Module):
    """Three point-wise linear layers; the first two with batch norm and ReLU."""

    def __init__(self, channels_in: int, hidden: tuple[int, int], channels_out: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, hidden[0], 1)
        self.conv2 = nn.Conv2d(hidden[0], hidden[1], 1)
        self.conv3 = nn.Conv2d(hidden[1], channels_out, 1)
        self.bn1 = nn.BatchNorm2d(hidden[0])
        self.bn2 = nn.BatchNorm2d(hidden[1])

    def forward(self, features: Tensor) -> Tensor:
        """Map (B, C, n, m) to (B, C', n, m)."""
        features = relu(self.bn1(self.conv1(features)))
        outputs: Tensor = self.conv3(relu(self.bn2(self.conv2(features))))
        return outputs


class ViewEstimator(nn.Module):
    """Predict seeds on a cloud, their objectness, and the quality of each view."""

    rotations: Tensor

    def __init__(self, design: GraspNetDesign) -> None:
        super().__init__()
        width, out = design.propagated[-1], 2 + VIEWS
        self.backbone = Backbone(design)
        self.vpmodule = Head(width, (width, out), out)
        rotations = torch.from_numpy(view_rotations().copy())
        self.register_buffer('rotations', rotations, persistent=False)

    def forward(self, cloud: Tensor) -> SeedViews:
        """Return the seeds of a cloud (B, N, 3) in metres."""
        return self._views(*self.backbone(cloud))

    def known(self, cloud: Tensor, around: Surroundings) -> SeedViews:
        """Return the result of `forward` for known neighbourhoods; indices refer to the cloud."""
        return self._views(*self.backbone.known(cloud, around))

    def _views(self, levels: tuple[Abstraction, ...], features: Tensor) -> SeedViews:
        scores = self.vpmodule(features[..., None])[..., 0]
        return SeedViews(levels, features, scores[:, :2], scores[:, 2:].mT)

    def rotations_of(self, views: Tensor) -> Tensor:
        """Return grasp rotations (B, n, 3, 3) of views (B, n), with in-plane rotation 0."""
        return self.rotations[views]
