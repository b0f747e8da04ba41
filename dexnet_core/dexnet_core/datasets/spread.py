"""Units of work over processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
import multiprocessing


def spread(work: Callable[[int], int], numbers: Sequence[int], workers: int) -> Iterator[int]:
    """Do the work of each number, in this process if there is one worker; yield as they end."""
    if workers == 1:
        yield from map(work, numbers)
        return
    with multiprocessing.get_context('spawn').Pool(workers) as pool:
        yield from pool.imap_unordered(work, numbers)
