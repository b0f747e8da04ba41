"""What the readers of files and recordings find odd, shown to a person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import logging
import sys


@contextmanager
def notes_on_stderr(program: str) -> Iterator[None]:
    """Write what the package logs to stderr, each line after the name of the program."""
    logger, handler = logging.getLogger('dexnet_core'), logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(f'{program}: %(message)s'))
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
