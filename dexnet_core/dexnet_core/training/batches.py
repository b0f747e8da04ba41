"""Batches of samples; what goes wrong in a process that prepares them is one line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch.utils.data import DataLoader

_FROM_WORKER = 'in DataLoader worker process'
_KILLED = 'DataLoader worker'


class Batches:
    """The batches of a loader.

    Raises:
        FileNotFoundError: While iterating: a file of a sample is missing; the message names it.
        ValueError: Likewise: such a file is damaged.
        OSError: Likewise: a process was killed.
    """

    def __init__(self, loader: DataLoader[Any]) -> None:
        self._loader = loader

    def __len__(self) -> int:
        return len(self._loader)

    def __iter__(self) -> Iterator[Any]:
        try:
            yield from self._loader
        except (ValueError, OSError) as error:
            if _FROM_WORKER not in str(error):
                raise
            # torch puts the traceback of the process before the message.
            last = str(error).rstrip().rsplit('\n', 1)[-1]
            raise type(error)(last.partition(': ')[2] or last) from error
        except RuntimeError as error:
            if not str(error).startswith(_KILLED):
                raise
            hint = 'perhaps for want of memory: lower workers or batch_size'
            raise OSError(f'a process that prepares samples was killed, {hint}') from error
