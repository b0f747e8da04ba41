"""Validation metrics of a network over a data set."""

from __future__ import annotations

from collections.abc import Iterable
import itertools

from dexnet_core.geometry.array_records import concatenated
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
    local = concatenated(predictions)
    every, parts = zip(*group.gathered((sums, local)), strict=True)
    merged = concatenated(parts)
    return _metrics(sum(itertools.chain(*every)), merged, task.cut)


def _sums(part: LossSum) -> NDArray[np.float64]:
    """Return the (2, terms) totals and counts of a loss."""
    total = part.total.reshape(-1).double()
    return torch.stack([total, part.counts()]).cpu().numpy()


def _metrics(sums: NDArray[np.float64], predictions: Predictions, cut: float) -> Validation:
    """Return the metrics; all are NaN without a known target.

    The order of equal logits has no effect, nor has the distribution of samples over processes.
    """
    logits, good, _ = predictions
    if not len(good):
        return Validation(float('nan'), float('nan'), float('nan'))
    losses, counts = sums
    loss = float((losses / np.maximum(counts, 1)).sum())
    return Validation(loss, _precision(predictions), float(np.mean((logits > cut) == good)))


def _precision(predictions: Predictions) -> float:
    """Return average precision times the share of good ones among the possible; NaN if none is.

    The factor rewards a network for choosing good grasps, and not only for ranking its choices.
    """
    logits, good, possible = predictions
    count = int((possible if len(possible) else good).sum())
    if not good.any():
        return 0.0 if count else float('nan')
    return average_precision(logits, good) * float(good.sum() / count)
