"""What a training run is made with; every default works."""

from __future__ import annotations

from dataclasses import dataclass, Field, field, fields, replace
from pathlib import Path
from typing import Any, ClassVar, Protocol, TYPE_CHECKING

from dexnet_core.datasets.views.view_samples import SampleSettings
from dexnet_core.io.checks import require_not_negative, require_positive

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True)
class OptimizerSettings:
    """How weights are changed.

    Attributes:
        name: `sgd`, `adam` or `adamw`.
        learning_rate: First rate, or the peak of the one-cycle schedule.
        momentum: Of sgd; of the others the decay of the mean gradient, their first beta.
        scheduler_gamma: Factor of the learning rate after each epoch; None: one cycle over the
            whole run.
        weight_decay: Share of the weights; sgd and adam add it to the gradient.

    Raises:
        ValueError: A number is out of its range.
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
    """What the training loop needs to know of a run, whatever it trains.

    Attributes:
        name: Name of the run, for people.
        model: Name of the network, kept in the checkpoints.
        out: Folder for checkpoints, history and the configuration.
        seed: Decides order, dropout and, by the data sets, noise.
        epochs: Passes over the training samples.
        batch_size: Samples per step and process.
        optimizer: How weights are changed.
        workers: Processes that prepare samples.
        mixed_precision: Compute in bfloat16 where that is safe.
        device: `auto` takes an accelerator where there is one, else `cpu`, `cuda`, ...
        report_every: Steps between two reports of the loss; 0: once an epoch.
        validate_every: Steps between two validations inside an epoch; 0: none.
        save_every: Steps between two checkpoints inside an epoch; 0: none.
        keep_every: Epochs between two sets of weights that are kept; 0: none.
        tensorboard: Write the curves for TensorBoard, where it is installed.
        wandb: Send the curves to Weights & Biases.

    Raises:
        ValueError: A number is out of its range.
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
    """Return what the loop needs to know, from the attributes of a configuration of these names.

    The run is named after its folder; what the configuration lacks is as usual.

    Raises:
        ValueError: A number is out of its range.
    """
    given = {
        item.name: getattr(config, item.name)
        for item in fields(LoopSettings)
        if hasattr(config, item.name)
    }
    return LoopSettings(**{**given, 'name': config.out.name, 'optimizer': optimizer})


class RunConfig(Protocol):
    """A configuration that the loop can train from: a dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def loop(self) -> LoopSettings:
        """What the loop needs to know."""

    def identity(self) -> DataclassInstance:
        """The dataclass that must be the same when a run goes on: without where and how fast."""


@dataclass(frozen=True)
class LabelledRun:
    """A training run of a network on what `dexnet generate` labelled.

    Attributes:
        model: Name of the network.
        weights: Checkpoint of the same network to begin with; None: drawn from the seed.
        data: Folder of the data set.
        out: Folder for checkpoints, curves and the configuration.
        seed: Decides weights, order, noise and crops.
        epochs: Passes over the training views.
        batch_size: Views per step and process.
        learning_rate: Peak of the one-cycle schedule.
        weight_decay: Of AdamW.
        workers: Processes that prepare samples.
        mixed_precision: Compute in bfloat16 where that is safe; fast where the processor has it.
        device: `auto` takes an accelerator where there is one, else `cpu`, `cuda`, ...
        good: Robust quality above which a grasp counts as good.
        save_every: Steps between two checkpoints inside an epoch; 0: none.
        tensorboard: Write the curves for TensorBoard, where it is installed.
        wandb: Send the curves to Weights & Biases.

    Raises:
        ValueError: A number is out of its range.
    """

    model: str = 'suction'
    weights: Path | None = None
    data: Path = Path('data/suction')
    out: Path = Path('runs/suction')
    seed: int = 0
    epochs: int = 18
    batch_size: int = 8
    learning_rate: float = 4e-3
    weight_decay: float = 1e-4
    workers: int = 1
    mixed_precision: bool = False
    device: str = 'auto'
    good: float = 0.2
    save_every: int = 0
    tensorboard: bool = True
    wandb: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.good < 1:
            raise ValueError(f'good is {self.good}, expected between 0 and 1')
        _ = self.loop  # refuses what no run can be made with

    @property
    def loop(self) -> LoopSettings:
        """What the loop needs to know."""
        optimizer = OptimizerSettings(
            learning_rate=self.learning_rate, weight_decay=self.weight_decay
        )
        return loop_settings(self, optimizer)

    def identity(self) -> LabelledRun:
        """Return the configuration without where it runs, how fast and who watches."""
        return replace(self, workers=0, device='', save_every=0, tensorboard=False, wandb=False)


@dataclass(frozen=True)
class TrainConfig(LabelledRun):
    """A training run of a compact network on labelled views.

    Attributes:
        samples: How views become samples.

    Raises:
        ValueError: A number is out of its range.
    """

    samples: SampleSettings = field(default_factory=SampleSettings)


@dataclass(frozen=True)
class TrialTrainConfig(LabelledRun):
    """A training run of a network that evaluates placed grippers, on tried grasps.

    Attributes:
        per_view: Grasps of a view in a sample.
        more_data: Further sets to train on; `data` alone is validated on.

    Raises:
        ValueError: A number is out of its range.
    """

    per_view: int = 20
    more_data: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        require_positive(self, 'per_view')
