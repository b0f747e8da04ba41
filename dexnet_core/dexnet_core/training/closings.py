"""Train the network that judges placed jaws."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dexnet_core.contracts.closings import ClosingContract
from dexnet_core.datasets.closing_samples import ClosingSamples
from dexnet_core.datasets.closings import contract_of_closings
from dexnet_core.datasets.views import view_paths
from dexnet_core.models.closing import CLOSING, ClosingNet, load_closing_net
from dexnet_core.models.saved_contract import contract_facts
from dexnet_core.progress import Progress
from dexnet_core.training.config import ClosingTrainConfig
from dexnet_core.training.loop import fit
from dexnet_core.training.records import EpochRecord
from dexnet_core.training.tasks import Batch, Judged, LossSum, summed_loss, ViewTask
import torch
from torch import nn


def train_closings(config: ClosingTrainConfig, progress: Progress) -> list[EpochRecord]:
    """Train, or go on training, and return the history.

    Raises:
        FileNotFoundError: The data set has no views, or there is no file of weights.
        ValueError: The data are of another kind, the output folder holds a run with another
            configuration, or the weights are of another network.
    """
    contract = contract_of_closings(config.data, CLOSING)
    torch.manual_seed(config.seed)
    train, val = (
        ClosingSamples(paths, contract, config.per_view, seed)
        for paths, seed in (
            (_training_views(config, contract), config.seed),
            (view_paths(config.data, 'val'), config.seed + 1),
        )
    )
    network = load_closing_net(config.weights) if config.weights else ClosingNet()
    task = ClosingTask(config.good, contract_facts(contract))
    return fit(network, train, val, config, progress, task)


def _training_views(config: ClosingTrainConfig, contract: ClosingContract) -> list[Path]:
    """Return the views of all sets; raise ValueError if one is of another jaw."""
    paths = view_paths(config.data, 'train')
    for root in config.more_data:
        jaw = contract_of_closings(root, CLOSING).jaw
        if jaw != contract.jaw:
            raise ValueError(f'{root} is of {jaw}, expected {contract.jaw} as {config.data}')
        paths += view_paths(root, 'train')
    return paths


@dataclass(frozen=True)
class ClosingTask(ViewTask):
    """Patches in, whether the jaw's quality is over a threshold out; NaN where there is no jaw."""

    @property
    def cut(self) -> float:
        """Logit above which good is the likelier answer."""
        return 0.0

    def logits(self, network: nn.Module, batch: Batch, device: torch.device) -> torch.Tensor:
        """Return (B, K) logits."""
        patches, scores = batch.patches.flatten(0, 1), batch.scores.flatten(0, 1)
        patches = patches.to(device, memory_format=torch.channels_last)
        return network(patches, scores.to(device)).view(batch.quality.shape)

    def loss(self, logits: torch.Tensor, batch: Batch) -> LossSum:
        """Return the cross entropy of the jaws that there are."""
        quality = batch.quality.to(logits.device)
        good = torch.where(quality.isnan(), quality, (quality > self.threshold).float())
        return summed_loss(logits, good)

    def judged(self, logits: torch.Tensor, batch: Batch) -> Judged:
        """Return the jaws that there are."""
        known = ~batch.quality.isnan()
        return Judged(logits.cpu()[known].numpy(), (batch.quality > self.threshold)[known].numpy())
