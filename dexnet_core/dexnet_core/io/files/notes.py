"""Output of the package's log messages on stderr."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import logging
import sys


@contextmanager
def notes_on_stderr(program: str, level: int = logging.WARNING) -> Iterator[None]:
    """Write the log messages of dexnet_core to stderr, prefixed with the program name.

    Args:
        program: Prefix of each line.
        level: Lowest level that is written, as in `logging`.
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
