"""Train a GraspNet on a data set in the file layout of GraspNet-1Billion."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast, TypeVar

from dexnet_core.datasets.graspnet.cloud_samples import (
    CloudSample,
    CloudSamples,
    CloudSettings,
    ViewNumber,
)
from dexnet_core.datasets.graspnet.seed_targets import is_good
from dexnet_core.datasets.graspnet_files.label_store import LabelStore
from dexnet_core.datasets.graspnet_files.set_check import require_whole_labels, require_whole_views
from dexnet_core.datasets.graspnet_files.set_layout import Layout, SetIndex
from dexnet_core.datasets.graspnet_files.set_reader import read_index, read_views
from dexnet_core.io.progress import Progress
from dexnet_core.models.graspnet import GraspNet, load_graspnet
from dexnet_core.models.graspnet_weights import graspnet_data, VERSION
from dexnet_core.planning.graspnet.constants import GraspNetConstants
from dexnet_core.planning.graspnet.graspnet_contract import GraspNetContract
from dexnet_core.planning.graspnet.stages import ANGLES, GraspNetDesign
from dexnet_core.training.graspnet_form import at_seeds, GraspNetForm, GraspNetOutputs, labels_of
from dexnet_core.training.graspnet_losses import graspnet_loss
from dexnet_core.training.records import EpochRecord
from dexnet_core.training.tasks import Facts, LossSum, Predictions
from dexnet_core.training.training_config import OptimizerSettings, RunSettings
from dexnet_core.training.training_loop import fit
import torch
from torch import nn, Tensor

Nested = TypeVar('Nested', bound=tuple[Any, ...])


def _adam() -> OptimizerSettings:
    return OptimizerSettings('adam', 1e-3, weight_decay=0.0)


@dataclass(frozen=True)
class GraspNetTrainConfig(RunSettings):
    """Configuration of a GraspNet training run; the defaults are those of graspnet-baseline.

    The learning rate follows one cycle, or decays by `optimizer.scheduler_gamma` per epoch.
    graspnet-baseline divides it by ten three times instead.

    Attributes:
        name: Name of the network in the exported files.
        camera: Name of the folder of views; None: that of the set's index, else the
            first published camera that the set has.
        train_split: Training split.
        val_split: Validation split; `test_seen` for the published set.
        views_per_scene: Number of views used per scene, evenly spaced; 0: all.
        optimizer: Optimizer and learning rate schedule.
        crop_seeds: Seeds per view that pass through the second stage; 0: all.
        every_turn: True: the second stage learns the quality of all in-plane rotations at a
            random view per seed. False: it learns the best rotation at the view with the highest
            score, as in graspnet-baseline.
        view_weight: Weight of the view quality loss relative to the objectness loss.
        momentum: Momentum of the running statistics of batch normalization.
        frozen: Whether the batch normalization statistics of `weights` are kept and used in
            training.
        design: Sizes of the network.
        constants: Scales of its outputs.
        samples: Settings for making samples of views.

    Raises:
        ValueError: A number is out of range, or `frozen` is set without `weights`.
    """

    model: str = 'graspnet'
    name: str = 'graspnet'
    data: Path = Path('data/graspnet')
    camera: str | None = None
    train_split: str = 'train'
    val_split: str = 'val'
    views_per_scene: int = 0
    out: Path = Path('runs/graspnet')
    batch_size: int = 2
    optimizer: OptimizerSettings = field(default_factory=_adam)
    crop_seeds: int = 0
    every_turn: bool = False
    view_weight: float = 1.0
    momentum: float = 0.1
    frozen: bool = False
    design: GraspNetDesign = field(default_factory=GraspNetDesign)
    constants: GraspNetConstants = field(default_factory=GraspNetConstants)
    samples: CloudSettings = field(default_factory=CloudSettings)

    def __post_init__(self) -> None:
        if not 0 < self.momentum <= 1:
            raise ValueError(f'momentum is {self.momentum}, expected over 0, at most 1')
        if self.frozen and self.weights is None:
            raise ValueError('frozen is true, but weights is not set: no statistics to keep')
        for name in ('crop_seeds', 'view_weight', 'views_per_scene'):
            if not getattr(self, name) >= 0:
                raise ValueError(f'{name} is {getattr(self, name)}, expected 0 or more')
        super().__post_init__()

    def optimizer_settings(self) -> OptimizerSettings:
        """Return `optimizer`."""
        return self.optimizer


@dataclass(frozen=True)
class GraspNetTask:
    """Training task on point clouds: objectness and views of seeds, and grasps at one view each.

    Validation evaluates the grasp that the planner would choose at each seed on an object: for
    each depth the in-plane rotation with the highest angle output, then the depth with the
    highest score. The grasp is good if it is stable at a friction coefficient of 0.4. If only
    the best rotation of each view is labelled, the chosen rotation must be that one or a
    neighbour.

    Attributes:
        contract: Contract of the trained network.
        seeds: Number of seeds in the second stage; 0: all.
        every_turn: Whether all in-plane rotations are targets.
        view_weight: Weight of the view quality loss.
        frozen: Whether batch normalization uses its stored statistics.
        cut: Threshold on score * tolerance / maximum tolerance above which a grasp is predicted
            as good.
    """

    contract: GraspNetContract
    seeds: int = 0
    every_turn: bool = False
    view_weight: float = 1.0
    frozen: bool = False
    cut: float = 0.2

    @property
    def facts(self) -> Facts:
        """The contract, as stored in checkpoints for the export."""
        return graspnet_data(self.contract)

    def form(self, network: nn.Module) -> nn.Module:
        """Return the GraspNet wrapped for training."""
        return GraspNetForm(cast('GraspNet', network), self.seeds, self.every_turn, self.frozen)

    def logits(
        self, network: nn.Module, batch: CloudSample, device: torch.device
    ) -> GraspNetOutputs:
        """Return the network outputs."""
        outputs: GraspNetOutputs = network(moved(batch, device)).float()
        return outputs

    def loss(self, logits: GraspNetOutputs, batch: CloudSample) -> LossSum:
        """Return all loss terms."""
        targets = moved(batch.targets, logits.objectness.device)
        constants = self.contract.constants
        return graspnet_loss(logits, targets, constants, self.every_turn, self.view_weight)

    def predictions(self, logits: GraspNetOutputs, batch: CloudSample) -> Predictions:
        """Return the chosen grasp of each seed on an object."""
        targets, chosen = batch.targets, logits.chosen.cpu()
        heads = type(logits.heads)(*(head.cpu() for head in logits.heads))
        turn = heads.angle.argmax(dim=1)  # (B, k, depths)
        score, tolerance = (
            head.gather(1, turn[:, None]).squeeze(1) for head in (heads.score, heads.tolerance)
        )
        if self.every_turn:
            labels = at_seeds(targets.turns.friction, chosen)
            good = is_good(labels).gather(2, turn[:, :, None]).squeeze(2)
        else:
            friction, label = (
                labels_of(at_seeds(known, chosen), logits.view.cpu())
                for known in (targets.friction, targets.angle)
            )
            apart = (turn - label.long()).abs()
            good = is_good(friction) & (torch.minimum(apart, ANGLES - apart) <= 1)
        quality = score * tolerance / self.contract.constants.maximum_tolerance
        depth = score.argmax(dim=2, keepdim=True)
        known = at_seeds(targets.on_object, chosen) > 0
        quality, good = (array.gather(2, depth)[..., 0][known] for array in (quality, good))
        possible = is_good(at_seeds(targets.friction, chosen)).flatten(2).any(dim=2)[known]
        return Predictions(quality.numpy(), good.numpy(), possible.numpy())


def moved(batch: Nested, device: torch.device) -> Nested:
    """Return nested tuples of tensors, copied to a device."""
    parts = (
        part.to(device, non_blocking=True) if isinstance(part, Tensor) else moved(part, device)
        for part in batch
    )
    kind: Callable[..., Nested] = type(batch)
    return kind(*parts) if hasattr(batch, '_fields') else cast('Nested', tuple(parts))


def train_graspnet(config: GraspNetTrainConfig, progress: Progress) -> list[EpochRecord]:
    """Train a GraspNet, or resume its training, and return the history.

    Raises:
        FileNotFoundError: The data set, a part of it or the weights file does not exist.
        ValueError: A file of the set is invalid, a split has no scenes, the weights are of another
            network, or the output folder holds a run with another configuration.
    """
    index = read_index(config.data, config.camera)
    layout = Layout(config.data, index.camera)
    views = {
        split: _views(config, layout, index, split)
        for split in (config.train_split, config.val_split)
    }
    _require_whole(layout, views, progress)
    still = replace(config.samples, mirror=False, tilt_degrees=0.0, roll_degrees=0.0)
    samples = []
    for number, (split, settings) in enumerate(
        ((config.train_split, config.samples), (config.val_split, still))
    ):
        source = layout, LabelStore(layout, index.splits[split], progress)
        seed = config.seed + number
        samples.append(CloudSamples(views[split], source, config.design, settings, seed))
    torch.manual_seed(config.seed)
    network = GraspNet(config.design)
    if config.weights is not None:
        network = load_graspnet(config.weights, config.design)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = config.momentum
    contract = GraspNetContract(config.name, VERSION, config.constants, config.design)
    learnt = config.every_turn, config.view_weight, config.frozen
    task = GraspNetTask(contract, config.crop_seeds, *learnt)
    train, val = samples
    return fit(network, train, val, config, progress, task)


def _views(
    config: GraspNetTrainConfig, layout: Layout, index: SetIndex, split: str
) -> list[ViewNumber]:
    """Return the views that are used of a split, at least one."""
    scenes = index.splits.get(split, ())
    if not scenes:
        known = ', '.join(name for name, held in index.splits.items() if held)
        raise ValueError(f'{config.data} has no scenes in split {split!r}, it has {known}')
    return [
        ViewNumber(scene, view)
        for scene in scenes
        for view in read_views(layout, scene, config.views_per_scene)
    ]


def _require_whole(
    layout: Layout, views: Mapping[str, Sequence[ViewNumber]], progress: Progress
) -> None:
    """Check all files before training, so that a missing or truncated file raises at the start."""
    used = sorted({number for numbers in views.values() for number in numbers})
    require_whole_labels(layout, sorted({number.scene for number in used}))
    require_whole_views(layout, used, progress)
