"""A training of one network of a planner, from shipped or random weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from dexnet_core.io.progress import Progress
from dexnet_core.training.records import EpochRecord
from dexnet_core.workflows.making.making_config import MakeConfig

_SAVED_EVERY = 20
_MOST_WORKERS = 4


class TrainingJob(NamedTuple):
    """A training of one network.

    Attributes:
        config: Configuration of the run of `dexnet make`.
        data: Folders of the sets of data; the first one has the data for validation during
            training.
        out: Folder of the training; the initial weights are written beside it.
        epochs: Passes over the training data.
        workers: Largest number of worker processes; at most four are used.
    """

    config: MakeConfig
    data: Sequence[Path]
    out: Path
    epochs: int
    workers: int

    @property
    def weights(self) -> Path | None:
        """Checkpoint with the initial weights; None for random weights."""
        if self.config.from_scratch:
            return None
        return begin_path(self.out)

    @property
    def settings(self) -> dict[str, Any]:
        """Settings that the training configurations of all networks have in common."""
        return {
            'weights': self.weights,
            'data': self.data[0],
            'more_data': tuple(self.data[1:]),
            'out': self.out,
            'seed': self.config.seed,
            'epochs': self.epochs,
            'save_every': _SAVED_EVERY,
            'workers': min(self.workers, _MOST_WORKERS),
            'tensorboard': False,
        }


def begin_path(out: Path) -> Path:
    """Return the checkpoint with the shipped weights of the training in a folder."""
    return out.with_name(f'begin_{out.name}.pt')


Train = Callable[[TrainingJob, Progress], list[EpochRecord]]
"""Trains a network, or resumes its training, and returns the history."""
