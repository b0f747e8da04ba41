"""What differs between networks: how a batch is fed, what its loss is, what counts as right."""

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
"""What was measured on or decided about the training data, by name."""


Answers = Any
"""What a network says of a batch: float32 logits, or a NamedTuple of such tensors."""


class LossSum(NamedTuple):
    """Losses summed over the known targets of a batch, and how many there are.

    The loss of a batch is total / known, summed over the terms where there are several.

    Attributes:
        total: () or (terms,) float32, with its gradient.
        known: Known targets of each term; may be 0.
    """

    total: torch.Tensor
    known: int | torch.Tensor

    def counts(self) -> torch.Tensor:
        """Return the (terms,) float64 known targets."""
        known = torch.as_tensor(self.known, dtype=torch.float64, device=self.total.device)
        return known.reshape(-1)


class Predictions(NamedTuple):
    """Known targets of a batch.

    Attributes:
        logits: (n,) float32; the larger the better.
        good: (n,) bool, True where the target is good.
        possible: (n,) bool, where what is predicted is the network's own choice: True where some
            choice is good; empty where nothing is chosen.
    """

    logits: NDArray[np.float32]
    good: NDArray[np.bool_]
    possible: NDArray[np.bool_] = np.zeros(0, bool)


class Task(Protocol):
    """How a network is trained on the batches of a data set."""

    @property
    def cut(self) -> float:
        """Logit above which the network says good."""

    @property
    def facts(self) -> Facts:
        """What of the data belongs into the checkpoints, for those who export."""

    def form(self, network: nn.Module) -> nn.Module:
        """Return the network as it is called in training: batches in, logits out."""

    def logits(self, network: nn.Module, batch: Batch, device: torch.device) -> Answers:
        """Run the network on a batch, on a device."""

    def loss(self, logits: Answers, batch: Batch) -> LossSum:
        """Compare answers with the targets of the batch."""

    def predictions(self, logits: Answers, batch: Batch) -> Predictions:
        """Return the known targets and what the network says of them."""


@dataclass(frozen=True)
class ViewTask:
    """Labelled views: a `view` in, a `quality` in [0, 1] for each cell out, NaN where unknown.

    Attributes:
        threshold: Quality above which a cell is good.
        known: What else the checkpoints shall know of the data.
    """

    threshold: float
    known: Facts = field(default_factory=dict)

    @property
    def cut(self) -> float:
        """Logit of the threshold: the network predicts the quality itself."""
        return float(np.log(self.threshold / (1 - self.threshold)))

    @property
    def facts(self) -> Facts:
        """The threshold, and what is known besides."""
        return {'threshold': self.threshold, **self.known}

    def form(self, network: nn.Module) -> nn.Module:
        """Return the network itself, which answers with logits."""
        return network

    def logits(self, network: nn.Module, batch: Batch, device: torch.device) -> torch.Tensor:
        """Return (B, k, h, w) logits."""
        view = batch.view.to(device, memory_format=torch.channels_last)
        said: torch.Tensor = network(view).float()
        return said

    def loss(self, logits: torch.Tensor, batch: Batch) -> LossSum:
        """Return the cross entropy with the known cells."""
        return summed_loss(*_known_cells(logits, batch.quality.to(logits.device)))

    def predictions(self, logits: torch.Tensor, batch: Batch) -> Predictions:
        """Return the known cells."""
        said, quality = _known_cells(logits.cpu(), batch.quality)
        return Predictions(said.flatten().numpy(), quality.flatten().numpy() > self.threshold)


def _known_cells(logits: torch.Tensor, quality: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return (n, k) of both at the cells whose quality is known, in all channels or in none.

    Choosing cells first is much cheaper than choosing among all channels of all cells.
    """
    known = torch.isfinite(quality[:, 0])
    return logits.movedim(1, -1)[known], quality.movedim(1, -1)[known]


def summed_loss(logits: torch.Tensor, targets: torch.Tensor) -> LossSum:
    """Return the cross entropy with targets in [0, 1] of the same shape, NaN where unknown."""
    known = torch.isfinite(targets)
    total = binary_cross_entropy_with_logits(logits[known], targets[known], reduction='sum')
    return LossSum(total, int(known.sum()))
