"""Training samples: patches around some placed jaws of a view, and what these are worth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from dexnet_core.contracts.closings import ClosingContract
from dexnet_core.datasets.closings import read_closings
from dexnet_core.perception.closing_patch import closing_patches, JawPlaces
import numpy as np
from numpy.typing import NDArray
import torch
from torch.utils.data import Dataset


class ClosingSample(NamedTuple):
    """A sample, or with a leading batch dimension a batch.

    Attributes:
        patches: (K, CHANNELS, rows, columns) float32.
        scores: (K, 1) float32 in [0, 1] of the network that proposed the jaws.
        quality: (K,) float32 robust quality; NaN where there is no jaw.
    """

    patches: torch.Tensor
    scores: torch.Tensor
    quality: torch.Tensor


class ClosingSamples(Dataset[ClosingSample]):
    """Placed jaws as samples; which ones and their mirror is decided by (seed, epoch, index)."""

    def __init__(
        self, paths: Sequence[Path], contract: ClosingContract, per_view: int, seed: int
    ) -> None:
        self._paths = list(paths)
        self._contract = contract
        self._per_view = per_view
        self._seed = seed
        self.epoch = 0

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: int) -> ClosingSample:
        rng = np.random.default_rng((self._seed, self.epoch, index))
        heights, jaws, scores, quality = read_closings(self._paths[index])
        chosen = rng.permutation(len(quality))[: self._per_view]
        patches = closing_patches(
            heights, JawPlaces(*(values[chosen] for values in jaws)), self._contract
        )
        turns = [axis for axis in (2, 3) if rng.integers(2)]
        return ClosingSample(
            self._filled(np.flip(patches, turns), 0.0),
            self._filled(scores[chosen, None], 0.5),
            self._filled(quality[chosen], np.nan),
        )

    def _filled(self, values: NDArray[np.floating], fill: float) -> torch.Tensor:
        """Return values of fewer jaws than a sample has, with as many added."""
        missing = [(0, self._per_view - len(values)), *[(0, 0)] * (values.ndim - 1)]
        filled = np.pad(values, missing, constant_values=fill)
        return torch.from_numpy(filled.astype(np.float32, copy=False))
