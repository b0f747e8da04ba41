"""A thread pool for many tasks of the same kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Result = TypeVar('Result')


class Workers:
    """A thread pool that runs tasks in the order in which they are started.

    Attributes:
        threads: Number of threads.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix='graspnet')

    def start(self, task: Callable[..., Result], *values: object) -> Future[Result]:
        """Start a task; a task that waits for another must be started after it."""
        return self._pool.submit(task, *values)

    def each(self, count: int, size: int, task: Callable[[slice], Result]) -> list[Result]:
        """Return the results of a task that is called with slices of `size` of `count` items."""
        return list(self._pool.map(task, slices(count, size)))


class Batches(Generic[Result]):
    """Starts a task on each batch of indices, as soon as the batch is complete."""

    def __init__(
        self, workers: Workers, size: int, task: Callable[[NDArray[np.int32]], Result]
    ) -> None:
        """Prepare tasks that are called with (size,) indices; the last batch may be smaller."""
        self._workers, self._size, self._task = workers, size, task
        self._waiting = np.empty(0, np.int32)
        self._started: list[Future[Result]] = []

    def add(self, some: NDArray[np.int32]) -> None:
        """Add the next indices (k,)."""
        self._waiting = np.concatenate([self._waiting, some])
        while len(self._waiting) >= self._size:
            self._start()

    def results(self) -> list[Result]:
        """Return the results of the tasks, in order; no indices may be added afterwards."""
        if len(self._waiting):
            self._start()
        return [started.result() for started in self._started]

    def _start(self) -> None:
        some, self._waiting = np.split(self._waiting, [self._size])
        self._started.append(self._workers.start(self._task, some))


def slices(count: int, size: int) -> Iterator[slice]:
    """Return slices of `size` of `count` items; the last slice may be smaller."""
    return (slice(begin, begin + size) for begin in range(0, count, size))
