"""Deterministic batches: seed and epoch determine the samples of each batch and process."""

from __future__ import annotations

from collections.abc import Iterator

from dexnet_core.training.parallel import Group
import numpy as np
from torch.utils.data import Sampler


class EpochBatches(Sampler[list[int]]):
    """Sampler of one process's batches in a shuffled epoch, starting at any step.

    Each global batch of `size * processes` samples is split among the processes. The steps thus
    equal those of one process with the larger batch. A last batch with fewer samples than
    processes is dropped.

    Raises:
        ValueError: There are fewer samples than processes.
    """

    def __init__(self, samples: int, size: int, seeds: tuple[int, int], group: Group) -> None:
        self._order = np.random.default_rng(seeds).permutation(samples)
        self._size = size
        self._group = group
        self.steps = steps_per_epoch(samples, size, group)
        self.first = 0

    def __len__(self) -> int:
        return self.steps - self.first

    def __iter__(self) -> Iterator[list[int]]:
        together = self._size * self._group.size
        for step in range(self.first, self.steps):
            batch = self._order[step * together : (step + 1) * together]
            yield batch[self._group.rank :: self._group.size].tolist()


def steps_per_epoch(samples: int, size: int, group: Group) -> int:
    """Return the number of batches per epoch.

    Raises:
        ValueError: There are fewer samples than processes.
    """
    if samples < group.size:
        raise ValueError(f'{samples} training samples, expected at least {group.size}: processes')
    full, rest = divmod(samples, size * group.size)
    return full + (rest >= max(group.size, 1))
