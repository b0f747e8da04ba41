"""Records of a training run: epochs, validations and running sums."""

from __future__ import annotations

from dataclasses import dataclass
import math
from typing import NamedTuple


@dataclass(frozen=True)
class EpochRecord:
    """One row of `history.csv`.

    Attributes:
        epoch: Number, from 0.
        train_loss: Mean loss over the training samples: the cross entropy, or for a GraspNet the
            sum of the weighted terms of `graspnet_loss`.
        val_loss: The same over the validation targets; NaN without targets.
        val_ap: Average precision over the validation targets; NaN if no target can be good. For a
            GraspNet: over its chosen grasps, times the share of seeds with a good choice among
            the seeds where a good choice exists.
        val_accuracy: Share of validation targets classified correctly.
        seconds: Wall time of the epoch.
        samples_per_second: Training samples of all processes per second of training.
        wait_share: Share of the training time spent waiting for samples.
    """

    epoch: int
    train_loss: float
    val_loss: float
    val_ap: float
    val_accuracy: float
    seconds: float
    samples_per_second: float
    wait_share: float


class Validation(NamedTuple):
    """Metrics over all known validation targets; see `EpochRecord`."""

    loss: float
    ap: float
    accuracy: float

    @property
    def rank(self) -> tuple[float, float]:
        """Sort key, larger for better weights; without a good target only the loss counts."""
        return (
            -1.0 if math.isnan(self.ap) else self.ap,
            -math.inf if math.isnan(self.loss) else -self.loss,
        )


@dataclass
class EpochSums:
    """Sums since the beginning of an epoch; stored in checkpoints inside an epoch.

    Attributes:
        steps: Steps taken.
        samples: Samples of all processes.
        loss: Sum of the mean loss of each step times its samples.
        training: Seconds of training, including waiting.
        waited: Seconds spent waiting for samples.
        validating: Seconds of validation.
    """

    steps: int = 0
    samples: int = 0
    loss: float = 0.0
    training: float = 0.0
    waited: float = 0.0
    validating: float = 0.0

    def record(self, epoch: int, validation: Validation) -> EpochRecord:
        """Return the row of a finished epoch."""
        return EpochRecord(
            epoch,
            self.loss / self.samples,
            *validation,
            self.training + self.validating,
            self.samples / self.training,
            self.waited / self.training,
        )
