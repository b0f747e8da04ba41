"""Metrics of a network over a whole data set."""

from __future__ import annotations

from collections.abc import Iterable
import itertools

from dexnet_core.training.metrics import average_precision
from dexnet_core.training.parallel import Group
from dexnet_core.training.records import Validation
from dexnet_core.training.tasks import Batch, LossSum, Predictions, Task
import numpy as np
from numpy.typing import NDArray
import torch
from torch import nn


@torch.no_grad()
def validate(
    network: nn.Module, batches: Iterable[Batch], task: Task, device: torch.device, group: Group
) -> Validation:
    """Return loss, average precision and accuracy over all known targets of all processes."""
    network.eval()
    sums: list[NDArray[np.float64]] = []
    predictions = [Predictions(np.zeros(0, np.float32), np.zeros(0, bool))]
    for batch in batches:
        logits = task.logits(network, batch, device)
        sums.append(_sums(task.loss(logits, batch)))
        predictions.append(task.predictions(logits, batch))
    own = Predictions(*map(np.concatenate, zip(*predictions, strict=True)))
    every, parts = zip(*group.gathered((sums, own)), strict=True)
    whole = Predictions(*map(np.concatenate, zip(*parts, strict=True)))
    return _metrics(sum(itertools.chain(*every)), whole, task.cut)


def _sums(part: LossSum) -> NDArray[np.float64]:
    """Return (2, terms) totals and counts."""
    total = part.total.reshape(-1).double()
    return torch.stack([total, part.counts()]).cpu().numpy()


def _metrics(sums: NDArray[np.float64], predictions: Predictions, cut: float) -> Validation:
    """Return metrics; all are NaN without a known target.

    The order of equal logits does not matter, so neither does which process saw which sample.
    """
    logits, good, _ = predictions
    if not len(good):
        return Validation(float('nan'), float('nan'), float('nan'))
    losses, counts = sums
    loss = float((losses / np.maximum(counts, 1)).sum())
    return Validation(loss, _precision(predictions), float(np.mean((logits > cut) == good)))


def _precision(predictions: Predictions) -> float:
    """Return the average precision, over all that could have been good; NaN where nothing could.

    The more of its choices are good, the better a network is, not only the better it ranks them.
    """
    logits, good, possible = predictions
    could = int((possible if len(possible) else good).sum())
    if not good.any():
        return 0.0 if could else float('nan')
    return average_precision(logits, good) * float(good.sum() / could)
