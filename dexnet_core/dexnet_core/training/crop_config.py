"""Configuration of training runs on crops, with the keys of Dex-Net 5.0."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from dexnet_core.datasets.crops.augment import Augmentation
from dexnet_core.datasets.crops.releases import RELEASES
from dexnet_core.models.efficientnet import PUBLISHED_SIDE
from dexnet_core.training.training_config import LoopSettings, OptimizerSettings

_LEAST_SIDE = 32
"""EfficientNet halves its input five times."""


@dataclass(frozen=True)
class TrainingSettings:
    """Data, duration and device of a training run.

    Attributes:
        dataset_path: Folder of the data set.
        batch_size: Crops per step and process.
        num_epochs: Passes over the training crops.
        GT_threshold: A grasp is good if its published metric is greater than this value; None:
            the published threshold (0.002 for Dex-Net 2.0, 0.2 for 3.0, 0.5 for 4.0).
        ordered_split: True: the first crops of the data set are the validation crops. False:
            validation crops are drawn at random, so one object can be in both subsets.
        split: Another kind of split: `object`, `pose`, `field` or the name of a split stored in
            the data set; None: `ordered_split` decides.
        val_share: Share of the data for validation.
        pos_weight: Sampling probability of a good crop relative to a bad one; 1: each crop is
            used once per epoch.
        input_side: Pixels of a side of the image that EfficientNet resizes a crop to. Fewer pixels
            are faster; other networks ignore it.
        weights: Checkpoint of the same network for initialization; None: random initialization.
        wandb: Send the curves to Weights & Biases.
        tensorboard: Write the curves for TensorBoard, if it is installed.
        seed: Seed of the weights, the sample order, the noise and the validation split.
        workers: Worker processes that load samples.
        mixed_precision: Compute in bfloat16 with torch autocast.
        device: `auto` (an accelerator if available, else the CPU), `cpu`, `cuda`, ...

    Raises:
        ValueError: pos_weight is 0 or less, or input_side is less than 32.
    """

    dataset_path: Path
    batch_size: int = 256
    num_epochs: int = 25
    GT_threshold: float | None = None
    ordered_split: bool = True
    split: str | None = None
    val_share: float = 0.2
    pos_weight: float = 1.0
    input_side: int = PUBLISHED_SIDE
    weights: Path | None = None
    wandb: bool = False
    tensorboard: bool = True
    seed: int = 0
    workers: int = 4
    mixed_precision: bool = False
    device: str = 'auto'

    def __post_init__(self) -> None:
        if not self.pos_weight > 0:
            raise ValueError(f'pos_weight is {self.pos_weight}, expected > 0')
        if self.input_side < _LEAST_SIDE:
            raise ValueError(f'input_side is {self.input_side}, expected at least {_LEAST_SIDE}')

    @property
    def split_kind(self) -> str:
        """The kind of split, one of the names that `split_rows` accepts."""
        return self.split or ('ordered' if self.ordered_split else 'image')


@dataclass(frozen=True)
class OutputSettings:
    """Output folder and intervals; an interval of 0 turns the output off.

    Attributes:
        save_directory: Folder of runs.
        save_name: Folder of this run in it.
        training_print_every: Steps between two log entries of the loss.
        val_print_every: Steps between two validations inside an epoch.
        save_every: Steps between two checkpoints inside an epoch.
        save_every_x_epoch: Epochs between two saved sets of weights.
    """

    save_directory: Path
    save_name: str
    training_print_every: int = 500
    val_print_every: int = 0
    save_every: int = 0
    save_every_x_epoch: int = 0


@dataclass(frozen=True)
class CropTrainConfig:
    """A training run of a crop network.

    Attributes:
        name: Display name of the run.
        model: Name of the network, a key of `dexnet_core.training.networks.CROP_NETWORKS`;
            case-insensitive.
        dataset: Release of the data, `dexnet2`, `dexnet3`, `dexnet4_jaw` or `dexnet4_suction`.
        training: Data, duration and device.
        outputs: Output folder and intervals.
        optimizer: Optimizer and learning rate schedule.
        augmentation: Augmentation of the training crops.

    Raises:
        ValueError: The data set is unknown, or a number is out of range.
    """

    name: str
    model: str
    dataset: str
    training: TrainingSettings
    outputs: OutputSettings
    optimizer: OptimizerSettings = field(default_factory=OptimizerSettings)
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        _ = self.release, self.loop  # both raise ValueError for invalid settings

    @property
    def release(self) -> str:
        """Key of RELEASES.

        Raises:
            ValueError: The data set is unknown.
        """
        names = {name.replace('_', '', 1): name for name in RELEASES}
        found = names.get(self.dataset.lower())
        if found is None:
            raise ValueError(f'dataset is {self.dataset!r}, expected one of {", ".join(names)}')
        return found

    @property
    def loop(self) -> LoopSettings:
        """The settings of the training loop."""
        training, outputs = self.training, self.outputs
        return LoopSettings(
            name=self.name,
            model=self.model,
            out=outputs.save_directory / outputs.save_name,
            seed=training.seed,
            epochs=training.num_epochs,
            batch_size=training.batch_size,
            optimizer=self.optimizer,
            workers=training.workers,
            mixed_precision=training.mixed_precision,
            device=training.device,
            report_every=outputs.training_print_every,
            validate_every=outputs.val_print_every,
            save_every=outputs.save_every,
            keep_every=outputs.save_every_x_epoch,
            tensorboard=training.tensorboard,
            wandb=training.wandb,
        )

    def identity(self) -> CropTrainConfig:
        """Return the configuration without device, workers and output intervals."""
        training = replace(self.training, workers=0, device='', tensorboard=False, wandb=False)
        outputs = replace(
            self.outputs,
            training_print_every=0,
            val_print_every=0,
            save_every=0,
            save_every_x_epoch=0,
        )
        return replace(self, training=training, outputs=outputs)
