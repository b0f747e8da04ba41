"""GraspNet as called in training: the second stage runs at selected seeds in given frames."""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.datasets.graspnet.cloud_samples import CloudSample
from dexnet_core.datasets.graspnet.seed_targets import SeedTargets
from dexnet_core.models.graspnet import GraspHeads, GraspNet
from dexnet_core.pointnet2.operators import take_points
import torch
from torch import nn, Tensor
from torch.nn.modules.batchnorm import _BatchNorm


class GraspNetOutputs(NamedTuple):
    """Network outputs for m seeds, of which k pass through the second stage.

    Attributes:
        objectness: (B, 2, m) logits of the classes "on no object" and "on an object".
        view_score: (B, m, 300) predicted quality of each view.
        chosen: (B, k) int64 indices of the seeds in the second stage.
        view: (B, k) int64 view index of each of them.
        heads: Outputs of the second stage, (B, 12, k, depths) each.
    """

    objectness: Tensor
    view_score: Tensor
    chosen: Tensor
    view: Tensor
    heads: GraspHeads

    def float(self) -> GraspNetOutputs:
        """Return the outputs in float32."""
        return GraspNetOutputs(
            self.objectness.float(),
            self.view_score.float(),
            self.chosen,
            self.view,
            GraspHeads(*(head.float() for head in self.heads)),
        )


class GraspNetForm(nn.Module):
    """Both stages of a GraspNet on labelled samples.

    Args:
        network: Network to train.
        seeds: Number of seeds in the second stage, seeds on objects first; 0: all seeds.
        every_turn: True: each seed uses the view for which the labels of all in-plane rotations
            are known. False: each seed uses its view with the highest score, as in
            graspnet-baseline.
        frozen: Whether batch normalization uses its stored statistics in training, as in
            inference. With few clouds, the statistics of a batch (a heap or a single object) are
            far from those of the whole set.
    """

    def __init__(
        self, network: GraspNet, seeds: int = 0, every_turn: bool = False, frozen: bool = False
    ) -> None:
        super().__init__()
        self.network = network
        self._seeds, self._every_turn, self._frozen = seeds, every_turn, frozen

    def train(self, mode: bool = True) -> GraspNetForm:
        """Set training mode; frozen batch normalization layers stay in evaluation mode."""
        super().train(mode)
        for module in self.modules():
            # _BatchNorm includes SyncBatchNorm (several processes), unlike BatchNorm2d.
            if self._frozen and isinstance(module, _BatchNorm):
                module.eval()
        return self

    def forward(self, batch: CloudSample) -> GraspNetOutputs:
        """Return the network outputs for a batch of samples."""
        cloud, around, targets = batch
        estimator = self.network.view_estimator
        seeds = estimator.known(cloud, around)
        chosen = self._chosen(targets)
        view = at_seeds(targets.turns.view if self._every_turn else seeds.best, chosen)
        # Labels give in-plane rotations about the approach in the frame of the object's view.
        matched = at_seeds(targets.views, chosen).gather(2, view[..., None])[..., 0]
        frames = at_seeds(targets.rotation, chosen) @ estimator.rotations_of(matched.long())
        heads = self.network.grasp_generator(cloud, take_points(seeds.points, chosen), frames)
        return GraspNetOutputs(seeds.objectness, seeds.view_score, chosen, view, heads)

    def _chosen(self, targets: SeedTargets) -> Tensor:
        """Return (B, k) seed indices, seeds on objects before the others."""
        count = targets.chance.shape[1]
        priority = targets.chance + targets.on_object
        return priority.topk(min(self._seeds or count, count), dim=1).indices


def at_seeds(values: Tensor, chosen: Tensor) -> Tensor:
    """Return the (B, k, ...) rows of (B, m, ...) values at (B, k) seed indices."""
    return values[torch.arange(len(chosen), device=chosen.device)[:, None], chosen]


def labels_of(labels: Tensor, view: Tensor) -> Tensor:
    """Select (B, m, depths) labels at (B, m) view indices from (B, m, 300, depths) labels."""
    index = view[..., None, None].expand(-1, -1, 1, labels.shape[3])
    return labels.gather(2, index).squeeze(2)
