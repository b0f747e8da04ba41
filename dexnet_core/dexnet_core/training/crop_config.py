"""Training runs on crops, with the keys of Dex-Net 5.0: every one is checked, and used."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from dexnet_core.datasets.crops.augment import Augmentation
from dexnet_core.datasets.crops.releases import RELEASES
from dexnet_core.training.training_config import LoopSettings, OptimizerSettings


@dataclass(frozen=True)
class TrainingSettings:
    """What is learnt, and for how long.

    Attributes:
        dataset_path: Folder of the data set.
        batch_size: Crops per step and process.
        num_epochs: Passes over the training crops.
        GT_threshold: A grasp is good iff its published metric is greater; None: as published,
            0.002 for Dex-Net 2.0, 0.2 for 3.0, 0.5 for 4.0.
        ordered_split: The first crops are for validation; else crops are drawn for it, so that
            an object is on both sides.
        split: Another kind of split, `object`, `pose`, `field` or the name of one that the data
            set stores; None: as ordered_split says.
        val_share: Share of the data for validation.
        pos_weight: How many times as often as a bad crop a good one is drawn; 1: every crop is
            taken once in an epoch.
        weights: Checkpoint of the same network to begin with; None: drawn from the seed.
        wandb: Send the curves to Weights & Biases.
        tensorboard: Write the curves for TensorBoard, where it is installed.
        seed: Decides weights, order, noise, and what is drawn for validation.
        workers: Processes that prepare crops.
        mixed_precision: Compute in bfloat16 where that is safe.
        device: `auto` takes an accelerator where there is one, else `cpu`, `cuda`, ...

    Raises:
        ValueError: pos_weight is not above 0.
    """

    dataset_path: Path
    batch_size: int = 256
    num_epochs: int = 25
    GT_threshold: float | None = None
    ordered_split: bool = True
    split: str | None = None
    val_share: float = 0.2
    pos_weight: float = 1.0
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

    @property
    def split_kind(self) -> str:
        """The kind of split, as `split_rows` names it."""
        return self.split or ('ordered' if self.ordered_split else 'image')


@dataclass(frozen=True)
class OutputSettings:
    """What is written, and how often; 0 is never.

    Attributes:
        save_directory: Folder of runs.
        save_name: Folder of this run in it.
        training_print_every: Steps between two reports of the loss.
        val_print_every: Steps between two validations inside an epoch.
        save_every: Steps between two checkpoints inside an epoch.
        save_every_x_epoch: Epochs between two sets of weights that are kept.
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
        name: Name of the run, for people.
        model: Name of the network, a key of `dexnet_core.training.networks.CROP_NETWORKS`, in any
            case of letters.
        dataset: Release of the data, `dexnet2`, `dexnet3`, `dexnet4_jaw` or `dexnet4_suction`.
        training: What is learnt.
        outputs: What is written.
        optimizer: How weights are changed.
        augmentation: How crops are varied.

    Raises:
        ValueError: There is no such data set, or a number is out of its range.
    """

    name: str
    model: str
    dataset: str
    training: TrainingSettings
    outputs: OutputSettings
    optimizer: OptimizerSettings = field(default_factory=OptimizerSettings)
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        _ = self.release, self.loop  # refuse what no run can be made with

    @property
    def release(self) -> str:
        """Key of RELEASES.

        Raises:
            ValueError: There is no such data set.
        """
        names = {name.replace('_', '', 1): name for name in RELEASES}
        found = names.get(self.dataset.lower())
        if found is None:
            raise ValueError(f'dataset is {self.dataset!r}, expected one of {", ".join(names)}')
        return found

    @property
    def loop(self) -> LoopSettings:
        """What the loop needs to know."""
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
        """Return the configuration without where it runs, how fast and who watches."""
        training = replace(self.training, workers=0, device='', tensorboard=False, wandb=False)
        outputs = replace(
            self.outputs,
            training_print_every=0,
            val_print_every=0,
            save_every=0,
            save_every_x_epoch=0,
        )
        return replace(self, training=training, outputs=outputs)
