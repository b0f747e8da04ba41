"""Units of work over processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
import multiprocessing

Spread = Callable[[Callable[[int], int], Iterable[int]], Iterator[int]]
"""Does the work of each number; yields what it returns as units end, in any order."""


@contextmanager
def spread_over(workers: int) -> Iterator[Spread]:
    """Give what spreads work over processes; one worker is this process itself.

    The processes stay for all that is spread inside of the context, with what they remember.
    """
    if workers == 1:
        yield map
        return
    with multiprocessing.get_context('spawn').Pool(workers) as pool:
        yield pool.imap_unordered
