"""Units of work over processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
import multiprocessing

from dexnet_core.io.progress import Progress

Spread = Callable[[Callable[[int], int], Sequence[int], str], None]
"""Does the work of each number, in any order, and shows how many units of a name are done."""


@contextmanager
def spread_over(workers: int, progress: Progress) -> Iterator[Spread]:
    """Give what spreads work over processes; one worker is this process itself.

    The processes stay for all that is spread inside of the context, with what they remember.

    Args:
        workers: Processes that work side by side.
        progress: Called with (done units, description, total); yields them back.
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
