"""Train grasp evaluator networks on executed grasp trials."""

from __future__ import annotations

from dataclasses import dataclass

from dexnet_core.datasets.trials.trial_samples import TrialSamples
from dexnet_core.datasets.views.stored_views import view_paths
from dexnet_core.io.progress import Progress
from dexnet_core.models.evaluator_networks import EvaluatorNet, EVALUATORS, load_evaluator_net
from dexnet_core.models.saved_contract import contract_facts
from dexnet_core.training.records import EpochRecord
from dexnet_core.training.tasks import Batch, LossSum, Predictions, summed_loss, ViewTask
from dexnet_core.training.training_config import TrialTrainConfig
from dexnet_core.training.training_loop import fit
import torch
from torch import nn


def train_evaluator(config: TrialTrainConfig, progress: Progress) -> list[EpochRecord]:
    """Train a grasp evaluator, or resume its training, and return the history.

    Raises:
        FileNotFoundError: The data set has no views, or the weights file does not exist.
        ValueError: The data are of another kind, the output folder holds a run with another
            configuration, or the weights are of another network.
    """
    design = EVALUATORS[config.model]
    torch.manual_seed(config.seed)
    train, val = (
        TrialSamples(some, design.contract, config.per_view, seed)
        for some, seed in (
            (config.train_paths(), config.seed),
            (view_paths(config.data, 'val'), config.seed + 1),
        )
    )
    network = (
        load_evaluator_net(config.weights, design) if config.weights else EvaluatorNet(design)
    )
    task = TrialTask(0.5, contract_facts(design.contract))
    return fit(network, train, val, config, progress, task)


@dataclass(frozen=True)
class TrialTask(ViewTask):
    """Training task on trials: patches and context in, success of grasps out; NaN is padding."""

    @property
    def cut(self) -> float:
        """Logit above which the predicted class is success."""
        return 0.0

    def logits(self, network: nn.Module, batch: Batch, device: torch.device) -> torch.Tensor:
        """Return (B, K) logits."""
        patches, context = batch.patches.flatten(0, 1), batch.context.flatten(0, 1)
        patches = patches.to(device, memory_format=torch.channels_last)
        logits: torch.Tensor = network(patches, context.to(device)).view(batch.held.shape)
        return logits

    def loss(self, logits: torch.Tensor, batch: Batch) -> LossSum:
        """Return the binary cross entropy over the grasps, without padding."""
        return summed_loss(logits, batch.held.to(logits.device))

    def predictions(self, logits: torch.Tensor, batch: Batch) -> Predictions:
        """Return the predictions of the grasps, without padding."""
        known = ~batch.held.isnan()
        return Predictions(
            logits.cpu()[known].numpy(), (batch.held > self.threshold)[known].numpy()
        )
