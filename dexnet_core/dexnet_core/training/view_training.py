"""Train a compact network on stored views."""

from __future__ import annotations

from dexnet_core.datasets.views.candidates import contract_of_views
from dexnet_core.datasets.views.stored_views import view_paths
from dexnet_core.datasets.views.view_samples import ViewSamples
from dexnet_core.io.progress import Progress
from dexnet_core.models.compact import CompactNet, DESIGNS, load_compact_net
from dexnet_core.models.saved_contract import contract_facts
from dexnet_core.training.records import EpochRecord
from dexnet_core.training.tasks import ViewTask
from dexnet_core.training.training_config import TrainConfig
from dexnet_core.training.training_loop import fit
import torch


def train_views(config: TrainConfig, progress: Progress) -> list[EpochRecord]:
    """Train a compact network, or resume its training, and return the history.

    Raises:
        FileNotFoundError: The data set has no views, or the weights file does not exist.
        ValueError: The data are for another gripper, the output folder holds a run with another
            configuration, or the weights are of another network.
    """
    design = DESIGNS[config.model.lower()]
    design = design._replace(contract=contract_of_views(config.data, design.contract))
    torch.manual_seed(config.seed)
    train, val = (
        ViewSamples(some, design.contract, config.samples, seed)
        for some, seed in (
            (config.train_paths(), config.seed),
            (view_paths(config.data, 'val'), config.seed + 1),
        )
    )
    network = load_compact_net(config.weights, design) if config.weights else CompactNet(design)
    task = ViewTask(config.good, contract_facts(design.contract))
    return fit(network, train, val, config, progress, task)
