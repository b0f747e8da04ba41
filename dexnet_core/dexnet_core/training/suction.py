"""Train the suction network on stored views."""

from __future__ import annotations

from dexnet_core.datasets.suction_samples import SuctionViews
from dexnet_core.datasets.views import view_paths
from dexnet_core.models.suction_net import SUCTION_CONTRACT, SuctionNet
from dexnet_core.perception.metric_view import CHANNELS
from dexnet_core.training.config import TrainConfig
from dexnet_core.training.loop import fit
from dexnet_core.training.records import EpochRecord, Progress
from dexnet_core.training.tasks import ViewTask
import torch


def train_suction(config: TrainConfig, progress: Progress) -> list[EpochRecord]:
    """Train, or go on training, and return the history.

    Raises:
        FileNotFoundError: The data set has no views.
        ValueError: The output folder holds a run with another configuration.
    """
    torch.manual_seed(config.seed)
    train, val = (
        SuctionViews(view_paths(config.data, split), SUCTION_CONTRACT, config.samples, seed)
        for split, seed in (('train', config.seed), ('val', config.seed + 1))
    )
    return fit(SuctionNet(CHANNELS), train, val, config, progress, ViewTask(config.good))
