"""Distribution of work over processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
import multiprocessing

from dexnet_core.io.progress import Progress

Spread = Callable[[Callable[[int], int], Sequence[int], str], None]
"""Calls a function with each number, in any order, and reports progress under a name."""


@contextmanager
def spread_over(workers: int, progress: Progress) -> Iterator[Spread]:
    """Yield a function that distributes work over processes; 1 worker runs in this process.

    The processes and their caches live until the context ends.

    Args:
        workers: Number of parallel processes.
        progress: Called with (done units, description, total); yields the units back.
    """
    if workers == 1:
        yield _shown(map, progress)
        return
    with multiprocessing.get_context('spawn').Pool(workers) as pool:
        yield _shown(pool.imap_unordered, progress)


def _shown(mapped: Callable[..., Iterator[int]], progress: Progress) -> Spread:
    def spread(work: Callable[[int], int], numbers: Sequence[int], what: str) -> None:
        for _ in progress(mapped(work, numbers), what, len(numbers)):
            pass

    return spread
