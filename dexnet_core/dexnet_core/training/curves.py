"""Curves of a training run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dexnet_core.io.files.atomic import atomic_path
from dexnet_core.training.records import EpochRecord
from matplotlib.figure import Figure


def draw_history(path: Path, history: Sequence[EpochRecord]) -> None:
    """Draw loss and validation average precision over the epochs."""
    epochs = [record.epoch for record in history]
    figure = Figure(figsize=(9, 4), layout='constrained')
    losses, precision = figure.subplots(1, 2)
    losses.plot(epochs, [record.train_loss for record in history], label='training')
    losses.plot(epochs, [record.val_loss for record in history], label='validation')
    losses.set(xlabel='epoch', ylabel='loss', title='Mean loss')
    losses.legend()
    precision.plot(epochs, [record.val_ap for record in history], color='tab:green')
    precision.set(xlabel='epoch', ylabel='average precision', title='Validation')
    for axes in (losses, precision):
        axes.grid(alpha=0.3)
    with atomic_path(path) as scratch:
        figure.savefig(scratch, dpi=120)
