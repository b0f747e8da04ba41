"""Threads that share the work on many things of the same kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Result = TypeVar('Result')


class Workers:
    """Threads that take tasks in the order in which these are started.

    Attributes:
        threads: How many.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix='graspnet')

    def start(self, task: Callable[..., Result], *values: object) -> Future[Result]:
        """Start a task; one that waits for another must be started after that."""
        return self._pool.submit(task, *values)

    def each(self, count: int, size: int, task: Callable[[slice], Result]) -> list[Result]:
        """Return what a task, called with slices of so many of `count` things, returns of each."""
        return list(self._pool.map(task, slices(count, size)))


class Batches(Generic[Result]):
    """Starts a task on every so many indices, as soon as these are known."""

    def __init__(
        self, workers: Workers, size: int, task: Callable[[NDArray[np.int32]], Result]
    ) -> None:
        """Prepare for tasks that are called with (size,) indices, at last with fewer."""
        self._workers, self._size, self._task = workers, size, task
        self._waiting = np.empty(0, np.int32)
        self._started: list[Future[Result]] = []

    def add(self, some: NDArray[np.int32]) -> None:
        """Add the next indices (k,)."""
        self._waiting = np.concatenate([self._waiting, some])
        while len(self._waiting) >= self._size:
            self._start()

    def results(self) -> list[Result]:
        """Return what the tasks return, in order; no indices may be added any more."""
        if len(self._waiting):
            self._start()
        return [started.result() for started in self._started]

    def _start(self) -> None:
        some, self._waiting = np.split(self._waiting, [self._size])
        self._started.append(self._workers.start(self._task, some))


def slices(count: int, size: int) -> Iterator[slice]:
    """Return slices of so many of `count` things, the last of fewer."""
    return (slice(begin, begin + size) for begin in range(0, count, size))
