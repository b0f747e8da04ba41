"""Distributed training with `torchrun`; a single process is a group of one."""

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
    """The group of processes that train one network.

    Attributes:
        rank: Number of this process.
        size: Number of processes.
    """

    rank: int = 0
    size: int = 1

    @property
    def writes(self) -> bool:
        """Whether this process writes files and reports."""
        return self.rank == 0

    def total(self, values: torch.Tensor) -> torch.Tensor:
        """Return a tensor summed over all processes (in place)."""
        if self.size > 1:
            distributed.all_reduce(values)
        return values

    def gathered(self, part: T) -> list[T]:
        """Return the values of all processes, ordered by rank."""
        if self.size == 1:
            return [part]
        parts = [part] * self.size
        distributed.all_gather_object(parts, part)
        return parts

    def shared(self, network: nn.Module, device: torch.device) -> nn.Module:
        """Return a network whose gradients are averaged over the processes.

        On an accelerator, batch normalization uses the statistics of all processes. torch has no
        such layer for CPUs; there each process normalises by its own part of the batch.
        """
        if self.size == 1:
            return network
        if device.type == 'cpu':
            return DistributedDataParallel(network)
        synced = nn.SyncBatchNorm.convert_sync_batchnorm(network)
        return DistributedDataParallel(synced, device_ids=[device])


def pick_device(name: str) -> torch.device:
    """Return the named device; `auto` is the process's accelerator if available, else the CPU.

    Raises:
        ValueError: The device is not available.
    """
    if name == 'auto':
        local = f'cuda:{os.environ.get("LOCAL_RANK", 0)}'
        name = local if torch.cuda.is_available() else 'cpu'
    try:
        torch.zeros(1, device=name)
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f'device {name} cannot be used: {str(error).splitlines()[0]}') from error
    return torch.device(name)


@contextmanager
def joined(device: torch.device) -> Iterator[Group]:
    """Join the process group of `torchrun`; without `torchrun`, yield a group of one."""
    if int(os.environ.get('WORLD_SIZE', 1)) == 1:
        yield Group()
        return
    if device.type == 'cuda':
        torch.cuda.set_device(device)
    distributed.init_process_group('nccl' if device.type == 'cuda' else 'gloo')
    try:
        yield Group(distributed.get_rank(), distributed.get_world_size())
        distributed.barrier()  # no process exits while another still communicates with it
    finally:
        distributed.destroy_process_group()
