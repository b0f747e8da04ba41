"""Train crop networks on the published data sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
import logging
from typing import cast

from dexnet_core.datasets.crops.crop_cache import open_crops
from dexnet_core.datasets.crops.crop_samples import Crops, CropSample
from dexnet_core.datasets.crops.crop_set import CropSet
from dexnet_core.datasets.crops.crop_statistics import crop_statistics, CropStatistics, POSE_NAMES
from dexnet_core.datasets.crops.splits import RowSplit, split_rows
from dexnet_core.io.progress import Progress
from dexnet_core.models.gqcnn import QualityNetwork
from dexnet_core.models.published import load_network
from dexnet_core.training.crop_config import CropTrainConfig
from dexnet_core.training.networks import build_crop_network
from dexnet_core.training.records import EpochRecord
from dexnet_core.training.tasks import Facts, LossSum, Predictions, summed_loss
from dexnet_core.training.training_loop import fit, Samples
import numpy as np
from numpy.typing import NDArray
import torch
from torch import nn
from torch.utils.data import Dataset

_LOG = logging.getLogger(__name__)


class Oversampled(Dataset[CropSample]):
    """As many crops as there are, drawn anew with replacement for every epoch.

    A crop that is drawn twice in an epoch has the same noise both times.
    """

    def __init__(self, crops: Crops, weights: NDArray[np.float64], seed: int) -> None:
        """Choose how often crops are drawn.

        Args:
            crops: To draw from.
            weights: (n,) in proportion to the probability of each.
            seed: With the epoch, decides what is drawn.
        """
        self._crops = crops
        self._chances = weights / weights.sum()
        self._seed = seed
        self.epoch = 0

    @property
    def epoch(self) -> int:
        """The epoch that crops are drawn for."""
        return self._crops.epoch

    @epoch.setter
    def epoch(self, epoch: int) -> None:
        self._crops.epoch = epoch
        rng = np.random.default_rng((self._seed, epoch, 1))
        self._drawn = rng.choice(len(self), len(self), p=self._chances)

    def __len__(self) -> int:
        return len(self._crops)

    def __getitem__(self, index: int) -> CropSample:
        return self._crops[int(self._drawn[index])]

    def __getitems__(self, indices: Sequence[int]) -> list[CropSample]:
        """Return samples, fetched together."""
        return self._crops.__getitems__(self._drawn[np.asarray(indices)])


class Logits(nn.Module):
    """A network whose call answers with logits, which is what is trained."""

    def __init__(self, network: QualityNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        """Map what the network takes to its logits (B,)."""
        return self.network.logits(*inputs)


@dataclass(frozen=True)
class CropTask:
    """Crops: a crop and perhaps a pose in, one logit out, good or bad.

    Attributes:
        threshold: A grasp is good iff its metric is greater.
        poses: Whether the network takes poses.
        facts: What of the data belongs into the checkpoints.
        cut: Logit above which the network says good.
    """

    threshold: float
    poses: bool
    facts: Facts
    cut: float = 0.0

    def form(self, network: nn.Module) -> nn.Module:
        """Return the QualityNetwork as it is called in training."""
        return Logits(cast('QualityNetwork', network))

    def logits(self, network: nn.Module, batch: CropSample, device: torch.device) -> torch.Tensor:
        """Return (B,) logits."""
        crops = batch.crop.to(device, memory_format=torch.channels_last, non_blocking=True)
        poses = (batch.pose.to(device),) if self.poses else ()
        said: torch.Tensor = network(crops, *poses).float()
        return said

    def loss(self, logits: torch.Tensor, batch: CropSample) -> LossSum:
        """Return the cross entropy with good and bad."""
        return summed_loss(logits, (batch.metric > self.threshold).float().to(logits.device))

    def predictions(self, logits: torch.Tensor, batch: CropSample) -> Predictions:
        """Return all crops."""
        return Predictions(logits.float().cpu().numpy(), batch.metric.numpy() > self.threshold)


def train_crops(config: CropTrainConfig, progress: Progress) -> list[EpochRecord]:
    """Train, or go on training, and return the history.

    Raises:
        FileNotFoundError: There is no data set, or no file of weights.
        ValueError: Not the data set that the configuration names, or one without good or without
            bad crops; or the output folder holds a run with another configuration.
    """
    training = config.training
    crops = open_crops(training.dataset_path, training.workers, config.release, progress=progress)
    split = (training.split_kind, training.val_share, training.seed)
    statistics = crop_statistics(crops, *split, progress)
    threshold = training.GT_threshold
    if threshold is None:
        threshold = crops.release.threshold
    rows = split_rows(crops, *split)
    train = _training_crops(config, crops, rows, statistics, threshold)
    val = Crops(crops, rows.val, statistics)
    network = _first_network(config, len(crops.release.pose_columns))
    poses = bool(getattr(network, 'pose_inputs', 0))
    if poses:
        _require_poses(crops, statistics, config.model)
    _say_shares(crops, rows, threshold)
    task = CropTask(threshold, poses, _facts(crops, statistics, threshold))
    _require_fit(task, network, val)
    return fit(network, train, val, config, progress, task)


def _first_network(config: CropTrainConfig, pose_inputs: int) -> QualityNetwork:
    """Return the network that training begins with."""
    torch.manual_seed(config.training.seed)
    network = build_crop_network(config.model, pose_inputs)
    weights = config.training.weights
    return network if weights is None else load_network(network, weights)


@torch.no_grad()
def _require_fit(task: CropTask, network: QualityNetwork, crops: Crops) -> None:
    """Let the network refuse crops that it cannot take before a folder is claimed for them."""
    batch = CropSample(*(part[None] for part in crops[0]))
    task.logits(task.form(network.eval()), batch, torch.device('cpu'))


def _require_poses(crops: CropSet, statistics: CropStatistics, model: str) -> None:
    """Refuse poses that a network reads and cannot be normalised."""
    hint = 'DexNetGQCNN reads no poses'
    crops.require_poses(f'{model} reads it; {hint}')
    columns = zip(POSE_NAMES, crops.release.pose_columns, statistics.constant, strict=False)
    for name, column, constant in columns:
        if constant:
            where = f'the {name}, column {column} of {crops.release.pose_field}'
            raise ValueError(
                f'{crops.root}: {where}, is the same in all training crops, and {model} reads it;'
                f' {hint}'
            )


def _say_shares(crops: CropSet, rows: RowSplit, threshold: float) -> None:
    """Say why the average precision will mean nothing, where that is so."""
    train, val = (crops.metric.read(side) > threshold for side in rows)
    if val.any() and not val.all():
        return
    _LOG.warning(
        '%d of %d validation crops are good (%.1f %% of %d for training): average precision says '
        'nothing; another split, such as training.ordered_split=false, may have both kinds',
        *(val.sum(), len(val), 100 * train.mean(), len(train)),
    )


def _training_crops(
    config: CropTrainConfig,
    crops: CropSet,
    rows: RowSplit,
    statistics: CropStatistics,
    threshold: float,
) -> Samples:
    """Return the crops to learn from, good ones drawn more often where that is asked for."""
    good = crops.metric.read(rows.train) > threshold
    if good.all() or not good.any():
        raise ValueError(
            f'{crops.root}: {"all" if good.all() else "no"} training crops are over GT_threshold '
            f'{threshold}; the published one is {crops.release.threshold}'
        )
    seed, weight = config.training.seed, config.training.pos_weight
    train = Crops(crops, rows.train, statistics, config.augmentation, seed)
    return train if weight == 1 else Oversampled(train, np.where(good, weight, 1.0), seed)


def _facts(crops: CropSet, statistics: CropStatistics, threshold: float) -> Facts:
    """Return what those who export need to feed the network as in training."""
    release = crops.release
    return {
        **{name: value for name, value in asdict(statistics).items() if name != 'count'},
        'threshold': threshold,
        'release': release.name,
        'gripper': release.gripper.value,
        'crop': release.crop,
    }
