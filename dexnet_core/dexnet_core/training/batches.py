"""Batches of samples, with one-line error messages for failures in data loader workers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch.utils.data import DataLoader

_FROM_WORKER = 'in DataLoader worker process'
_KILLED = 'DataLoader worker'


class Batches:
    """Iterates over the batches of a data loader.

    Raises:
        FileNotFoundError: During iteration: a sample file is missing; the message names the file.
        ValueError: During iteration: a sample file is damaged.
        OSError: During iteration: a worker process was killed.
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
            # torch puts the worker's traceback before the message.
            last = str(error).rstrip().rsplit('\n', 1)[-1]
            raise type(error)(last.partition(': ')[2] or last) from error
        except RuntimeError as error:
            if not str(error).startswith(_KILLED):
                raise
            hint = 'possibly out of memory: lower workers or batch_size'
            raise OSError(f'a data loader worker was killed, {hint}') from error
