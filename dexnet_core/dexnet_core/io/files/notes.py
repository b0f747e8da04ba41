"""What the readers of files and recordings find odd, shown to a person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import logging
import sys


@contextmanager
def notes_on_stderr(program: str, level: int = logging.WARNING) -> Iterator[None]:
    """Write what the package logs to stderr, each line after the name of the program.

    Args:
        program: Name that each line begins with.
        level: The least that is written, of those of `logging`.
    """
    logger, handler = logging.getLogger('dexnet_core'), logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(f'{program}: %(message)s'))
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(level)
    try:
        yield
    finally:
        logger.setLevel(before)
        logger.removeHandler(handler)
