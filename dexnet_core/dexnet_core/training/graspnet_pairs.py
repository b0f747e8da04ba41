"""Train the second stage of a GraspNet on antipodal pairs of points that were judged."""

from __future__ import annotations

from dataclasses import dataclass

from dexnet_core.datasets.judged_pairs import PairSample, PairSamples
from dexnet_core.datasets.views import view_paths
from dexnet_core.graspnet.contract import GraspNetContract
from dexnet_core.models.graspnet import GraspGenerator, GraspNet
from dexnet_core.models.graspnet_weights import graspnet_data, load_usable_graspnet
from dexnet_core.training.config import LabelledRun, require_positive
from dexnet_core.training.graspnet_form import FrozenStatistics
from dexnet_core.training.loop import fit
from dexnet_core.training.records import EpochRecord, Progress
from dexnet_core.training.tasks import Facts, Judged, LossSum
import torch
from torch import nn, Tensor
from torch.nn.functional import huber_loss

NEEDED_BY_NONE = 2.0
"""Friction coefficient that stands for grasps that none holds."""


@dataclass(frozen=True)
class PairTrainConfig(LabelledRun):
    """A training run of the second stage of a GraspNet; `weights` must be of a whole one.

    `good` is the friction coefficient that a good grasp needs at most.

    Attributes:
        per_view: Grasps of a view in a sample.
    """

    per_view: int = 64

    def __post_init__(self) -> None:
        super().__post_init__()
        require_positive(self, 'per_view')
        if self.weights is None:
            raise ValueError(f'{self.model} needs the weights of a GraspNet to begin with')


class PairForm(FrozenStatistics):
    """The second stage at given places, in given frames: what it says of one turn and depth."""

    def __init__(self, generator: GraspGenerator) -> None:
        super().__init__(frozen=True)
        self.generator = generator

    def forward(self, batch: PairSample) -> Tensor:
        """Return (2, B, K) the score of each grasp, and the evidence for its turn."""
        heads = self.generator(batch.cloud, batch.places, batch.frames)
        each = torch.arange(batch.turn.shape[1], device=batch.turn.device)
        rows = torch.arange(len(batch.turn), device=batch.turn.device)[:, None]
        return torch.stack(
            [head[rows, batch.turn, each, batch.depth] for head in (heads.score, heads.angle)]
        )


@dataclass(frozen=True)
class PairTask:
    """Judged pairs: a cloud and grasps in, ln(1 / friction coefficient) of each out.

    Attributes:
        contract: Of the network that is trained.
        good: Friction coefficient that a good grasp needs at most.
    """

    contract: GraspNetContract
    good: float

    @property
    def cut(self) -> float:
        """Score above which a grasp is taken for good."""
        return float(-torch.tensor(self.good).log())

    @property
    def facts(self) -> Facts:
        """The contract, for those who export."""
        return graspnet_data(self.contract)

    def form(self, network: GraspNet) -> nn.Module:
        """Return the second stage as it is called in training."""
        return PairForm(network.grasp_generator)

    def logits(self, network: nn.Module, batch: PairSample, device: torch.device) -> Tensor:
        """Return (2, B, K) scores and evidence."""
        return network(PairSample(*(part.to(device) for part in batch))).float()

    def loss(self, logits: Tensor, batch: PairSample) -> LossSum:
        """Return the distance of both from the quality of the grasps that there are."""
        friction = batch.friction.to(logits.device)
        known = ~friction.isnan()
        quality = -torch.where(friction > 0, friction, NEEDED_BY_NONE).log()[known]
        wanted = quality.expand(2, -1)
        total = huber_loss(logits[:, known], wanted, reduction='sum')
        return LossSum(total, int(known.sum()))

    def judged(self, logits: Tensor, batch: PairSample) -> Judged:
        """Return the grasps that there are."""
        known = ~batch.friction.isnan()
        friction = batch.friction[known]
        good = (friction > 0) & (friction <= self.good + 1e-6)
        return Judged(logits[0].cpu()[known].numpy(), good.numpy())


def train_pairs(config: PairTrainConfig, progress: Progress) -> list[EpochRecord]:
    """Train, or go on training, and return the history.

    Raises:
        FileNotFoundError: The data set has no views, or there is no file of weights.
        ValueError: A file of the data is wrong, the output folder holds a run with another
            configuration, or the weights are not those of a GraspNet.
    """
    torch.manual_seed(config.seed)
    network, contract = load_usable_graspnet(config.weights)
    train, val = (
        PairSamples(view_paths(config.data, split), contract.design, config.per_view, seed)
        for split, seed in (('train', config.seed), ('val', config.seed + 1))
    )
    return fit(network, train, val, config, progress, PairTask(contract, config.good))
