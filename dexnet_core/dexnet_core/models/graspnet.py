"""GraspNet (Fang et al., GraspNet-1Billion, CVPR 2020): grasps in six degrees of freedom.

The modules have the names of graspnet-baseline, so its weights can be loaded.
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
    """Output of the second stage for n seeds; each tensor is (B, ANGLES, n, depths).

    Attributes:
        score: Score of the grasp.
        angle: Logit that the in-plane rotation is the best one of its depth.
        width: Opening of the jaw in metres.
        tolerance: Tolerated displacement of the grasp in metres.
    """

    score: Tensor
    angle: Tensor
    width: Tensor
    tolerance: Tensor


class GraspNetOutput(NamedTuple):
    """Output of both stages for the same seeds."""

    seeds: SeedViews
    heads: GraspHeads


class CloudCrop(nn.Module):
    """Features of the points in nested cylinders along the approach, in the grasp frame."""

    def __init__(self, design: GraspNetDesign) -> None:
        super().__init__()
        cut = design.cylinders
        self.cylinder = Cylinder(cut.radius, cut.bottom, cut.tops)
        self.samples = cut.samples
        self.mlps = PointNetwork((3, *cut.channels))

    def forward(self, cloud: Tensor, seeds: Tensor, rotations: Tensor) -> Tensor:
        """Return features (B, C, n, depths); see `GraspGenerator.forward` for the arguments."""
        found = cylinder_query(self.cylinder, self.samples, cloud, seeds, rotations)
        offsets = group(cloud.mT, found.flatten(2)) - seeds.mT[..., None]
        local = einsum('bims,bmij->bjms', offsets, rotations)
        local = local.reshape(len(cloud), 3, -1, self.samples)
        features: Tensor = self.mlps.maximum(local).unflatten(2, found.shape[1:3])
        return features


class GraspGenerator(nn.Module):
    """Predict in-plane rotation, depth, width and quality of grasps at given seeds and views."""

    def __init__(self, design: GraspNetDesign) -> None:
        super().__init__()
        width, hidden = design.cylinders.channels[-1], (design.head, design.head)
        self.crop = CloudCrop(design)
        self.operation = Head(width, hidden, 3 * ANGLES)
        self.tolerance = Head(width, hidden, ANGLES)

    def forward(self, cloud: Tensor, seeds: Tensor, rotations: Tensor) -> GraspHeads:
        """Predict the grasps of the seeds.

        Args:
            cloud: (B, N, 3) points in metres.
            seeds: (B, n, 3) points in metres.
            rotations: (B, n, 3, 3) rotations; the first columns are the approach directions.
        """
        features = self.crop(cloud, seeds, rotations)
        score, angle, width = self.operation(features).split(ANGLES, dim=1)
        return GraspHeads(score, angle, width, self.tolerance(features))


class GraspNet(nn.Module):
    """Both stages; the second stage uses the best view of the first stage."""

    def __init__(self, design: GraspNetDesign | None = None) -> None:
        super().__init__()
        self.design = design or GraspNetDesign()
        self.view_estimator = ViewEstimator(self.design)
        self.grasp_generator = GraspGenerator(self.design)

    def forward(self, cloud: Tensor) -> GraspNetOutput:
        """Predict the grasps of a cloud (B, N, 3) in metres."""
        seeds = self.view_estimator(cloud)
        rotations = self.view_estimator.rotations_of(seeds.best)
        return GraspNetOutput(seeds, self.grasp_generator(cloud, seeds.points, rotations))


def load_graspnet(path: Path, design: GraspNetDesign | None = None) -> GraspNet:
    """Load weights of graspnet-baseline, GraspNet-Edge or this project, in evaluation mode.

    The heads can be stored as 1D or 2D convolutions.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The weights are not those of such a network; the message contains keys or
            shapes.
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
    """Convert the kernel of a 1D convolution to that of a 2D convolution."""
    same = shape is not None and (*tensor.shape, 1) == tuple(shape)
    return tensor[..., None] if same else tensor
