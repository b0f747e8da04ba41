"""Training in several processes, as `torchrun` starts them; one process is a group of one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import os
from typing import NamedTuple, TypeVar

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

T = TypeVar('T')


class Group(NamedTuple):
    """The processes that train one network.

    Attributes:
        rank: Number of this process.
        size: How many there are.
    """

    rank: int = 0
    size: int = 1

    @property
    def writes(self) -> bool:
        """Whether this process is the one that writes files and reports."""
        return self.rank == 0

    def total(self, values: torch.Tensor) -> torch.Tensor:
        """Return the sum of a tensor over all processes."""
        if self.size > 1:
            distributed.all_reduce(values)
        return values

    def gathered(self, part: T) -> list[T]:
        """Return what every process holds, by rank."""
        if self.size == 1:
            return [part]
        parts = [part] * self.size
        distributed.all_gather_object(parts, part)
        return parts

    def shared(self, network: nn.Module, device: torch.device) -> nn.Module:
        """Return a network whose gradients are averaged over the processes.

        Batch statistics are those of all processes on an accelerator; torch has no such layer
        for processors, where each process normalises by its own share of a batch.
        """
        if self.size == 1:
            return network
        if device.type == 'cpu':
            return DistributedDataParallel(network)
        synced = nn.SyncBatchNorm.convert_sync_batchnorm(network)
        return DistributedDataParallel(synced, device_ids=[device])


def pick_device(name: str) -> torch.device:
    """Return the named device; `auto` is this process's accelerator where there is one.

    Raises:
        ValueError: There is no such device here.
    """
    if name == 'auto':
        own = f'cuda:{os.environ.get("LOCAL_RANK", 0)}'
        name = own if torch.cuda.is_available() else 'cpu'
    try:
        torch.zeros(1, device=name)
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f'device {name} cannot be used: {str(error).splitlines()[0]}') from error
    return torch.device(name)


@contextmanager
def joined(device: torch.device) -> Iterator[Group]:
    """Join the processes that the environment of `torchrun` names; without it, be alone."""
    if int(os.environ.get('WORLD_SIZE', 1)) == 1:
        yield Group()
        return
    if device.type == 'cuda':
        torch.cuda.set_device(device)
    distributed.init_process_group('nccl' if device.type == 'cuda' else 'gloo')
    try:
        yield Group(distributed.get_rank(), distributed.get_world_size())
        distributed.barrier()  # none leaves while another still talks to it
    finally:
        distributed.destroy_process_group()
