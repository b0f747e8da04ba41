"""Exclusive lock on a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import fcntl
from pathlib import Path

_LOCK = '.lock'


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Lock a folder against other programs that call this function; create it if needed.

    The operating system releases the lock when the program ends, also after a crash. Child
    processes do not hold the lock.

    Raises:
        ValueError: Another program holds the lock.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open('w') as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError) as error:
            raise ValueError(
                f'another program works in {folder}: wait until it has ended, or use another '
                'folder'
            ) from error
        yield
