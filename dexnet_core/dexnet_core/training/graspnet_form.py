"""A GraspNet as it is called in training: the second stage at some seeds, in known frames."""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.datasets.graspnet.cloud_samples import CloudSample
from dexnet_core.datasets.graspnet.seed_targets import SeedTargets
from dexnet_core.models.graspnet import GraspHeads, GraspNet
from dexnet_core.pointnet2.operators import take_points
import torch
from torch import nn, Tensor
from torch.nn.modules.batchnorm import _BatchNorm


class GraspNetAnswers(NamedTuple):
    """What is compared with labels; m seeds, of which k go through the second stage.

    Attributes:
        objectness: (B, 2, m) evidence that a seed is on no object, and on one.
        view_score: (B, m, 300) quality of each view.
        kept: (B, k) int64 which seeds.
        view: (B, k) int64 the view of each.
        heads: Of the second stage, (B, 12, k, depths) each.
    """

    objectness: Tensor
    view_score: Tensor
    kept: Tensor
    view: Tensor
    heads: GraspHeads

    def float(self) -> GraspNetAnswers:
        """Return the same in float32."""
        return GraspNetAnswers(
            self.objectness.float(),
            self.view_score.float(),
            self.kept,
            self.view,
            GraspHeads(*(head.float() for head in self.heads)),
        )


class GraspNetForm(nn.Module):
    """Both stages on prepared samples.

    Args:
        network: To be trained.
        seeds: That go through the second stage; 0: all. Those on objects go first.
        every_turn: Whether seeds look along the views that every turn is known of, rather than,
            as in graspnet-baseline, along those that the network likes best.
        frozen: Whether training normalises as use does, with the statistics that are there. Of
            few clouds, each a heap or a single thing, those of a batch are far from those of all.
    """

    def __init__(
        self, network: GraspNet, seeds: int = 0, every_turn: bool = False, frozen: bool = False
    ) -> None:
        super().__init__()
        self.network = network
        self._seeds, self._every_turn, self._frozen = seeds, every_turn, frozen

    def train(self, mode: bool = True) -> GraspNetForm:
        """Prepare for training; statistics that are frozen stay in use."""
        super().train(mode)
        for module in self.modules():
            # Also the SyncBatchNorm of several processes, which is no BatchNorm2d.
            if self._frozen and isinstance(module, _BatchNorm):
                module.eval()
        return self

    def forward(self, batch: CloudSample) -> GraspNetAnswers:
        """Map a batch of samples."""
        cloud, around, targets = batch
        estimator = self.network.view_estimator
        seeds = estimator.known(cloud, around)
        kept = self._kept(targets)
        view = at_seeds(targets.turns.view if self._every_turn else seeds.best, kept)
        # Labels tell turns about the approach in the frame of the object's own view.
        matched = at_seeds(targets.views, kept).gather(2, view[..., None])[..., 0]
        frames = at_seeds(targets.rotation, kept) @ estimator.rotations_of(matched.long())
        heads = self.network.grasp_generator(cloud, take_points(seeds.points, kept), frames)
        return GraspNetAnswers(seeds.objectness, seeds.view_score, kept, view, heads)

    def _kept(self, targets: SeedTargets) -> Tensor:
        """Return (B, k) seeds, those on objects before the others."""
        count = targets.chance.shape[1]
        first = targets.chance + targets.on_object
        return first.topk(min(self._seeds or count, count), dim=1).indices


def at_seeds(values: Tensor, kept: Tensor) -> Tensor:
    """Return (B, k, ...) rows of (B, m, ...) at (B, k) seeds."""
    return values[torch.arange(len(kept), device=kept.device)[:, None], kept]


def labels_of(labels: Tensor, view: Tensor) -> Tensor:
    """Return (B, m, depths) of (B, m, 300, depths) labels along (B, m) views."""
    index = view[..., None, None].expand(-1, -1, 1, labels.shape[3])
    return labels.gather(2, index).squeeze(2)
