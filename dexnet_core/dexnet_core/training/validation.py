"""Figures of merit of a network over a whole data set."""

from __future__ import annotations

from collections.abc import Iterable

from dexnet_core.training.metrics import average_precision
from dexnet_core.training.parallel import Group
from dexnet_core.training.records import Validation
from dexnet_core.training.tasks import Batch, Judged, Task
import numpy as np
import torch
from torch import nn


@torch.no_grad()
def validate(
    network: nn.Module, batches: Iterable[Batch], task: Task, device: torch.device, group: Group
) -> Validation:
    """Return loss, average precision and accuracy over all known targets of all processes."""
    network.eval()
    total, judged = 0.0, [Judged(np.zeros(0, np.float32), np.zeros(0, bool))]
    for batch in batches:
        logits = task.logits(network, batch, device)
        total += float(task.loss(logits, batch).total)
        judged.append(task.judged(logits, batch))
    own = Judged(*map(np.concatenate, zip(*judged, strict=True)))
    totals, parts = zip(*group.gathered((total, own)), strict=True)
    return _merit(sum(totals), Judged(*map(np.concatenate, zip(*parts, strict=True))), task.cut)


def _merit(total: float, judged: Judged, cut: float) -> Validation:
    """Return figures of merit; all are NaN without a known target.

    The order of equal logits does not matter, so neither does which process saw which sample.
    """
    logits, good = judged
    if not len(good):
        return Validation(float('nan'), float('nan'), float('nan'))
    ap = average_precision(logits, good) if good.any() else float('nan')
    return Validation(total / len(good), ap, float(np.mean((logits > cut) == good)))
