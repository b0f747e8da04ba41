"""Training tasks: network inputs, loss and validation predictions for each kind of data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

Batch = Any
"""The NamedTuple of a data set's samples, each tensor with a leading batch dimension."""

Facts = Mapping[str, float | str | Sequence[float]]
"""Facts about the training data (statistics and settings), keyed by name."""


Outputs = Any
"""Network outputs for a batch: float32 logits, or a NamedTuple of such tensors."""


class LossSum(NamedTuple):
    """Losses summed over the known targets of a batch, and the number of these targets.

    The loss of a batch is total / known, summed over all terms.

    Attributes:
        total: () or (terms,) float32, with gradient.
        known: Number of known targets of each term; can be 0.
    """

    total: torch.Tensor
    known: int | torch.Tensor

    def counts(self) -> torch.Tensor:
        """Return the number of known targets, (terms,) float64."""
        known = torch.as_tensor(self.known, dtype=torch.float64, device=self.total.device)
        return known.reshape(-1)


class Predictions(NamedTuple):
    """Predictions and labels of the known targets of a batch.

    Attributes:
        logits: (n,) float32; larger is better.
        good: (n,) bool, True where the target is good.
        possible: (n,) bool, only if the network chooses what is evaluated: True where a good
            choice exists. Empty if there is no choice.
    """

    logits: NDArray[np.float32]
    good: NDArray[np.bool_]
    possible: NDArray[np.bool_] = np.zeros(0, bool)


class Task(Protocol):
    """Defines the training of a network on a data set."""

    @property
    def cut(self) -> float:
        """Logit above which the predicted class is good."""

    @property
    def facts(self) -> Facts:
        """Facts about the data that are stored in checkpoints for the export."""

    def form(self, network: nn.Module) -> nn.Module:
        """Return the network as called in training: batches in, logits out."""

    def logits(self, network: nn.Module, batch: Batch, device: torch.device) -> Outputs:
        """Run the network on a batch, on a device."""

    def loss(self, logits: Outputs, batch: Batch) -> LossSum:
        """Return the loss of the outputs against the targets of the batch."""

    def predictions(self, logits: Outputs, batch: Batch) -> Predictions:
        """Return the predictions and labels of the known targets."""


@dataclass(frozen=True)
class ViewTask:
    """Training task on labelled views: `view` in, `quality` in [0, 1] per cell; NaN is unknown.

    Attributes:
        threshold: Quality above which a cell is good.
        known: Further facts about the data that are stored in checkpoints.
    """

    threshold: float
    known: Facts = field(default_factory=dict)

    @property
    def cut(self) -> float:
        """Logit of the threshold; the network predicts the quality itself."""
        return float(np.log(self.threshold / (1 - self.threshold)))

    @property
    def facts(self) -> Facts:
        """The threshold and the further facts."""
        return {'threshold': self.threshold, **self.known}

    def form(self, network: nn.Module) -> nn.Module:
        """Return the network itself; it outputs logits."""
        return network

    def logits(self, network: nn.Module, batch: Batch, device: torch.device) -> torch.Tensor:
        """Return (B, k, h, w) logits."""
        view = batch.view.to(device, memory_format=torch.channels_last)
        logits: torch.Tensor = network(view).float()
        return logits

    def loss(self, logits: torch.Tensor, batch: Batch) -> LossSum:
        """Return the cross entropy over the known cells."""
        return summed_loss(*_known_cells(logits, batch.quality.to(logits.device)))

    def predictions(self, logits: torch.Tensor, batch: Batch) -> Predictions:
        """Return the predictions of the known cells."""
        output, quality = _known_cells(logits.cpu(), batch.quality)
        return Predictions(output.flatten().numpy(), quality.flatten().numpy() > self.threshold)


def _known_cells(logits: torch.Tensor, quality: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return (n, k) logits and qualities at the cells with known quality.

    A quality is known in all channels of a cell or in none. Selecting cells is much cheaper than
    selecting among all channels of all cells.
    """
    known = torch.isfinite(quality[:, 0])
    return logits.movedim(1, -1)[known], quality.movedim(1, -1)[known]


def summed_loss(logits: torch.Tensor, targets: torch.Tensor) -> LossSum:
    """Return the cross entropy with targets in [0, 1] of the same shape, NaN where unknown."""
    known = torch.isfinite(targets)
    total = binary_cross_entropy_with_logits(logits[known], targets[known], reduction='sum')
    return LossSum(total, int(known.sum()))
