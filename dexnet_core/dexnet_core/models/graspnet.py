"""GraspNet (Fang et al., GraspNet-1Billion, CVPR 2020): grasps in six degrees of freedom.

Modules are named as in graspnet-baseline, so that its weights fit.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from dexnet_core.models.checkpoints import load_weights
from dexnet_core.models.graspnet_backbone import Head, SeedViews, ViewEstimator
from dexnet_core.models.published import read_weights
from dexnet_core.planning.graspnet.stages import ANGLES, GraspNetDesign
from dexnet_core.pointnet2.modules import PointNetwork
from dexnet_core.pointnet2.operators import group
from dexnet_core.pointnet2.search import Cylinder, cylinder_query
from torch import einsum, nn, Size, Tensor


class GraspHeads(NamedTuple):
    """What the second stage says of n seeds; each is (B, ANGLES, n, depths).

    Attributes:
        score: Of the grasp.
        angle: Evidence that the turn is the best of its depth.
        width: Opening of the jaw in metres.
        tolerance: Displacement in metres that the grasp bears.
    """

    score: Tensor
    angle: Tensor
    width: Tensor
    tolerance: Tensor


class GraspNetOutput(NamedTuple):
    """Both stages' answers about the same seeds."""

    seeds: SeedViews
    heads: GraspHeads


class CloudCrop(nn.Module):
    """Features of the points in nested cylinders along the approach, turned upright."""

    def __init__(self, design: GraspNetDesign) -> None:
        super().__init__()
        cut = design.cylinders
        self.cylinder = Cylinder(cut.radius, cut.bottom, cut.tops)
        self.samples = cut.samples
        self.mlps = PointNetwork((3, *cut.channels))

    def forward(self, cloud: Tensor, seeds: Tensor, rotations: Tensor) -> Tensor:
        """Return (B, C, n, depths) features, see `GraspGenerator.forward`."""
        found = cylinder_query(self.cylinder, self.samples, cloud, seeds, rotations)
        seen = group(cloud.mT, found.flatten(2)) - seeds.mT[..., None]
        upright = einsum('bims,bmij->bjms', seen, rotations)
        seen = upright.reshape(len(cloud), 3, -1, self.samples)
        features: Tensor = self.mlps.maximum(seen).unflatten(2, found.shape[1:3])
        return features


class GraspGenerator(nn.Module):
    """The turn, depth, width and quality of grasps at given places from given directions."""

    def __init__(self, design: GraspNetDesign) -> None:
        super().__init__()
        width, hidden = design.cylinders.channels[-1], (design.head, design.head)
        self.crop = CloudCrop(design)
        self.operation = Head(width, hidden, 3 * ANGLES)
        self.tolerance = Head(width, hidden, ANGLES)

    def forward(self, cloud: Tensor, seeds: Tensor, rotations: Tensor) -> GraspHeads:
        """Evaluate grasps.

        Args:
            cloud: (B, N, 3) metres.
            seeds: (B, n, 3) metres.
            rotations: (B, n, 3, 3) whose first columns are the approaches.
        """
        features = self.crop(cloud, seeds, rotations)
        score, angle, width = self.operation(features).split(ANGLES, dim=1)
        return GraspHeads(score, angle, width, self.tolerance(features))


class GraspNet(nn.Module):
    """Both stages; the second looks along the view that the first likes best."""

    def __init__(self, design: GraspNetDesign | None = None) -> None:
        super().__init__()
        self.design = design or GraspNetDesign()
        self.view_estimator = ViewEstimator(self.design)
        self.grasp_generator = GraspGenerator(self.design)

    def forward(self, cloud: Tensor) -> GraspNetOutput:
        """Map a (B, N, 3) cloud in metres."""
        seeds = self.view_estimator(cloud)
        rotations = self.view_estimator.rotations_of(seeds.best)
        return GraspNetOutput(seeds, self.grasp_generator(cloud, seeds.points, rotations))


def load_graspnet(path: Path, design: GraspNetDesign | None = None) -> GraspNet:
    """Load weights of graspnet-baseline, GraspNet-Edge or this project, ready to answer.

    Heads may be stored as convolutions of one or of two dimensions.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: Not the weights of such a network; the message names keys or shapes.
    """
    network = GraspNet(design)
    shapes = {name: tensor.shape for name, tensor in network.state_dict().items()}
    state = {
        name: _two_dimensional(tensor, shapes.get(name))
        for name, tensor in read_weights(path, shapes.keys()).state.items()
    }
    load_weights(network, state, path)
    return network.eval()


def _two_dimensional(tensor: Tensor, shape: Size | None) -> Tensor:
    """Return the kernel of a convolution of one dimension as that of one of two."""
    same = shape is not None and (*tensor.shape, 1) == tuple(shape)
    return tensor[..., None] if same else tensor
