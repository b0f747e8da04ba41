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
from dexnet_core.models.crop_networks import CropInputs
from dexnet_core.models.efficientnet import EfficientNet
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
    """Crops drawn with replacement, as many as in the data set, drawn again in each epoch.

    A crop that is drawn twice in an epoch gets the same noise both times.
    """

    def __init__(self, crops: Crops, weights: NDArray[np.float64], seed: int) -> None:
        """Set the sampling probabilities.

        Args:
            crops: Crops to draw from.
            weights: (n,) sampling weights, proportional to the probability of each crop.
            seed: Seed of the draw, together with the epoch.
        """
        self._crops = crops
        self._chances = weights / weights.sum()
        self._seed = seed
        self.epoch = 0

    @property
    def epoch(self) -> int:
        """The epoch that the crops are drawn for."""
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
        """Return the samples of several indices, loaded together."""
        return self._crops.__getitems__(self._drawn[np.asarray(indices)])


class Logits(nn.Module):
    """Wraps a quality network so that its forward pass returns logits."""

    def __init__(self, network: QualityNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        """Return the (B,) logits for the network's inputs."""
        return self.network.logits(*inputs)


@dataclass(frozen=True)
class CropTask:
    """Training task on crops: crop and optional pose in, one logit out.

    Attributes:
        threshold: A grasp is good if its metric is greater.
        poses: Whether the network has a pose input.
        facts: Facts about the data that are stored in checkpoints.
        cut: Logit above which the predicted class is good.
    """

    threshold: float
    poses: bool
    facts: Facts
    cut: float = 0.0

    def form(self, network: nn.Module) -> nn.Module:
        """Return the QualityNetwork wrapped to return logits."""
        return Logits(cast('QualityNetwork', network))

    def logits(self, network: nn.Module, batch: CropSample, device: torch.device) -> torch.Tensor:
        """Return (B,) logits."""
        crops = batch.crop.to(device, memory_format=torch.channels_last, non_blocking=True)
        poses = (batch.pose.to(device),) if self.poses else ()
        logits: torch.Tensor = network(crops, *poses).float()
        return logits

    def loss(self, logits: torch.Tensor, batch: CropSample) -> LossSum:
        """Return the binary cross entropy."""
        return summed_loss(logits, (batch.metric > self.threshold).float().to(logits.device))

    def predictions(self, logits: torch.Tensor, batch: CropSample) -> Predictions:
        """Return the predictions of all crops."""
        return Predictions(logits.float().cpu().numpy(), batch.metric.numpy() > self.threshold)


def train_crops(config: CropTrainConfig, progress: Progress) -> list[EpochRecord]:
    """Train a crop network, or resume its training, and return the history.

    Raises:
        FileNotFoundError: The data set or the weights file does not exist.
        ValueError: The data set is not the configured one or has only good or only bad crops,
            or the output folder holds a run with another configuration.
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
    _warn_of_one_class(crops, rows, threshold)
    task = CropTask(threshold, poses, _facts(crops, statistics, threshold, network))
    _require_input_size(task, network, val)
    return fit(network, train, val, config, progress, task)


def _first_network(config: CropTrainConfig, pose_inputs: int) -> QualityNetwork:
    """Return the initial network."""
    torch.manual_seed(config.training.seed)
    network = build_crop_network(config.model, CropInputs(pose_inputs, config.training.input_side))
    weights = config.training.weights
    return network if weights is None else load_network(network, weights)


@torch.no_grad()
def _require_input_size(task: CropTask, network: QualityNetwork, crops: Crops) -> None:
    """Run the network once, so that a wrong crop size raises before the run folder is created."""
    batch = CropSample(*(part[None] for part in crops[0]))
    task.logits(task.form(network.eval()), batch, torch.device('cpu'))


def _require_poses(crops: CropSet, statistics: CropStatistics, model: str) -> None:
    """Raise ValueError if a pose input is constant and so cannot be normalised."""
    hint = 'DexNetGQCNN has no pose input'
    crops.require_poses(f'it is an input of {model}; {hint}')
    columns = zip(POSE_NAMES, crops.release.pose_columns, statistics.constant, strict=False)
    for name, column, constant in columns:
        if constant:
            where = f'the {name}, column {column} of {crops.release.pose_field}'
            raise ValueError(
                f'{crops.root}: {where}, is the same in all training crops, but it is an input of'
                f' {model}; {hint}'
            )


def _warn_of_one_class(crops: CropSet, rows: RowSplit, threshold: float) -> None:
    """Log a warning if the validation crops have only one class."""
    train, val = (crops.metric.read(side) > threshold for side in rows)
    if val.any() and not val.all():
        return
    _LOG.warning(
        '%d of %d validation crops are good (%.1f %% of %d for training): average precision is '
        'meaningless; another split, such as training.ordered_split=false, may have both classes',
        *(val.sum(), len(val), 100 * train.mean(), len(train)),
    )


def _training_crops(
    config: CropTrainConfig,
    crops: CropSet,
    rows: RowSplit,
    statistics: CropStatistics,
    threshold: float,
) -> Samples:
    """Return the training crops, with good ones oversampled by `pos_weight`."""
    good = crops.metric.read(rows.train) > threshold
    if good.all() or not good.any():
        raise ValueError(
            f'{crops.root}: {"all" if good.all() else "no"} training crops are over GT_threshold '
            f'{threshold}; the published threshold is {crops.release.threshold}'
        )
    seed, weight = config.training.seed, config.training.pos_weight
    train = Crops(crops, rows.train, statistics, config.augmentation, seed)
    return train if weight == 1 else Oversampled(train, np.where(good, weight, 1.0), seed)


def _facts(
    crops: CropSet, statistics: CropStatistics, threshold: float, network: QualityNetwork
) -> Facts:
    """Return the facts that an exported network needs for its preprocessing."""
    release = crops.release
    side = {'input_side': network.side} if isinstance(network, EfficientNet) else {}
    return {
        **side,
        **{name: value for name, value in asdict(statistics).items() if name != 'count'},
        'threshold': threshold,
        'release': release.name,
        'gripper': release.gripper.value,
        'crop': release.crop,
    }
