"""What a training run remembers of itself."""

from __future__ import annotations

from dataclasses import dataclass
import math
from typing import NamedTuple


@dataclass(frozen=True)
class EpochRecord:
    """One row of `history.csv`.

    Attributes:
        epoch: Number, from 0.
        train_loss: Mean loss over the training samples: the cross entropy, or of a GraspNet the
            sum of the weighted terms of `graspnet_loss`.
        val_loss: The same over the validation targets; NaN where there is none.
        val_ap: Average precision over the validation targets, of a GraspNet over its own choices
            and times the share of good ones among those that could have been; NaN where nothing
            could be good.
        val_accuracy: Share of validation targets that lie on the right side of the threshold.
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
        """What is larger for better weights; without a good target the loss decides alone."""
        return (
            -1.0 if math.isnan(self.ap) else self.ap,
            -math.inf if math.isnan(self.loss) else -self.loss,
        )


@dataclass
class EpochSums:
    """What has been summed since an epoch began; kept in checkpoints inside an epoch.

    Attributes:
        steps: Steps taken.
        samples: Samples of all processes.
        loss: Sum of the mean loss of each step times its samples.
        training: Seconds of training, waiting included.
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
