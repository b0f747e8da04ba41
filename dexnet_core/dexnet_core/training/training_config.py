"""Configuration of training runs; every field has a usable default."""

from __future__ import annotations

from dataclasses import dataclass, Field, field, fields, replace
from pathlib import Path
from typing import Any, ClassVar, Protocol, TYPE_CHECKING, TypeVar

from dexnet_core.datasets.views.stored_views import view_paths
from dexnet_core.datasets.views.view_samples import SampleSettings
from dexnet_core.planning.values.checks import require_not_negative, require_positive

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Run = TypeVar('Run', bound='RunSettings')


@dataclass(frozen=True)
class OptimizerSettings:
    """Optimizer and learning rate schedule.

    Attributes:
        name: `sgd`, `adam` or `adamw`.
        learning_rate: Initial rate, or the peak of the one-cycle schedule.
        momentum: Momentum of sgd; beta1 of adam and adamw.
        scheduler_gamma: Factor on the learning rate after each epoch; None: one cycle over the
            whole run.
        weight_decay: Weight decay; sgd and adam add it to the gradient (L2 penalty).

    Raises:
        ValueError: A number is out of range.
    """

    name: str = 'adamw'
    learning_rate: float = 4e-3
    momentum: float = 0.9
    scheduler_gamma: float | None = None
    weight_decay: float = 1e-4

    def __post_init__(self) -> None:
        require_positive(self, 'learning_rate')
        require_not_negative(self, 'momentum', 'weight_decay')
        gamma = self.scheduler_gamma
        if gamma is not None and not 0 < gamma <= 1:
            raise ValueError(f'scheduler_gamma is {gamma}, expected 0 < gamma <= 1')


@dataclass(frozen=True)
class LoopSettings:
    """Settings of the training loop, independent of the network.

    Attributes:
        name: Display name of the run.
        model: Name of the network, stored in checkpoints.
        out: Folder for checkpoints, history and the configuration.
        seed: Seed of the sample order, dropout and, through the data sets, noise.
        epochs: Passes over the training samples.
        batch_size: Samples per step and process.
        optimizer: Optimizer and learning rate schedule.
        workers: Worker processes that load samples.
        mixed_precision: Compute in bfloat16 with torch autocast.
        device: `auto` (an accelerator if available, else the CPU), `cpu`, `cuda`, ...
        report_every: Steps between two reports of the loss; 0: once per epoch.
        validate_every: Steps between two validations inside an epoch; 0: none.
        save_every: Steps between two checkpoints inside an epoch; 0: none.
        keep_every: Epochs between two saved sets of weights; 0: none.
        tensorboard: Write the curves for TensorBoard, if it is installed.
        wandb: Send the curves to Weights & Biases.

    Raises:
        ValueError: A number is out of range.
    """

    name: str
    model: str
    out: Path
    seed: int
    epochs: int
    batch_size: int
    optimizer: OptimizerSettings
    workers: int = 1
    mixed_precision: bool = False
    device: str = 'auto'
    report_every: int = 0
    validate_every: int = 0
    save_every: int = 0
    keep_every: int = 0
    tensorboard: bool = True
    wandb: bool = False

    def __post_init__(self) -> None:
        require_positive(self, 'epochs', 'batch_size')
        require_not_negative(self, 'seed', 'workers', 'report_every', 'validate_every')
        require_not_negative(self, 'save_every', 'keep_every')


class _WithFolder(Protocol):
    @property
    def out(self) -> Path: ...


def loop_settings(config: _WithFolder, optimizer: OptimizerSettings) -> LoopSettings:
    """Return loop settings from the attributes of a configuration with the same names.

    The name of the run is the name of its folder. Missing attributes get their defaults.

    Raises:
        ValueError: A number is out of range.
    """
    given = {
        item.name: getattr(config, item.name)
        for item in fields(LoopSettings)
        if hasattr(config, item.name)
    }
    return LoopSettings(**{**given, 'name': config.out.name, 'optimizer': optimizer})


class RunConfig(Protocol):
    """Protocol of the configuration dataclasses that the training loop accepts."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def loop(self) -> LoopSettings:
        """The settings of the training loop."""

    def identity(self) -> DataclassInstance:
        """Return the fields that must be equal to resume a run: no device, no workers."""


@dataclass(frozen=True)
class RunSettings:
    """Settings of every training run; runs on crops have the keys of Dex-Net 5.0 instead.

    Attributes:
        model: Name of the network.
        weights: Checkpoint of the same network for initialization; None: random initialization.
        data: Folder of the data set.
        out: Folder for checkpoints, curves and the configuration.
        seed: Seed of the weights and, through the data sets, of the samples and their order.
        epochs: Passes over the training views.
        batch_size: Views per step and process.
        workers: Worker processes that load samples.
        mixed_precision: Compute in bfloat16 with torch autocast; fast only on processors with
            bfloat16 instructions.
        device: `auto` (an accelerator if available, else the CPU), `cpu`, `cuda`, ...
        save_every: Steps between two checkpoints inside an epoch; 0: none.
        tensorboard: Write the curves for TensorBoard, if it is installed.
        wandb: Send the curves to Weights & Biases.

    Raises:
        ValueError: A number is out of range.
    """

    model: str = 'suction'
    weights: Path | None = None
    data: Path = Path('data/suction')
    out: Path = Path('runs/suction')
    seed: int = 0
    epochs: int = 18
    batch_size: int = 8
    workers: int = 1
    mixed_precision: bool = False
    device: str = 'auto'
    save_every: int = 0
    tensorboard: bool = True
    wandb: bool = False

    def __post_init__(self) -> None:
        _ = self.loop  # raises ValueError for invalid settings

    def optimizer_settings(self) -> OptimizerSettings:
        """Return optimizer and learning rate schedule."""
        return OptimizerSettings()

    @property
    def loop(self) -> LoopSettings:
        """The settings of the training loop."""
        return loop_settings(self, self.optimizer_settings())

    def identity(self: Run) -> Run:
        """Return the configuration without device, workers and output settings."""
        return replace(self, workers=0, device='', save_every=0, tensorboard=False, wandb=False)


@dataclass(frozen=True)
class LabelledRun(RunSettings):
    """Configuration of a training run on data from `dexnet generate`.

    Attributes:
        learning_rate: Peak of the one-cycle schedule.
        weight_decay: Weight decay of AdamW.
        good: Robust quality above which a grasp is good.
        more_data: Further data sets for training; only `data` is used for validation.

    Raises:
        ValueError: A number is out of range.
    """

    learning_rate: float = 4e-3
    weight_decay: float = 1e-4
    good: float = 0.2
    more_data: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.good < 1:
            raise ValueError(f'good is {self.good}, expected between 0 and 1')

    def train_paths(self) -> list[Path]:
        """Return the files of the training views of all data sets.

        Raises:
            FileNotFoundError: A data set has no training views.
        """
        roots = (self.data, *self.more_data)
        return [path for root in roots for path in view_paths(root, 'train')]

    def optimizer_settings(self) -> OptimizerSettings:
        """Return AdamW with a one-cycle schedule."""
        return OptimizerSettings(learning_rate=self.learning_rate, weight_decay=self.weight_decay)


@dataclass(frozen=True)
class TrainConfig(LabelledRun):
    """Configuration of a training run of a compact network on labelled views.

    Attributes:
        samples: Settings for making samples of views.

    Raises:
        ValueError: A number is out of range.
    """

    samples: SampleSettings = field(default_factory=SampleSettings)


@dataclass(frozen=True)
class TrialTrainConfig(LabelledRun):
    """Configuration of a training run of a grasp evaluator on executed grasp trials.

    Attributes:
        per_view: Grasps per view in a sample.

    Raises:
        ValueError: A number is out of range.
    """

    per_view: int = 20

    def __post_init__(self) -> None:
        super().__post_init__()
        require_positive(self, 'per_view')
