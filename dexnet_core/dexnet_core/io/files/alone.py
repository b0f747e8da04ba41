"""A folder that one program works in at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import fcntl
from pathlib import Path

_LOCK = '.lock'


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep other programs that ask for it out of a folder, which is made if need be.

    The system lets go of the lock when the program ends, however that happens. Processes that it
    has started do not hold it.

    Raises:
        ValueError: Another program is in there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open('w') as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError) as error:
            raise ValueError(
                f'another program works in {folder}: wait until it has ended, or take another '
                'folder'
            ) from error
        yield
