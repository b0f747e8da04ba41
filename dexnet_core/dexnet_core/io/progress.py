"""Type of the callback that reports progress."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

Progress = Callable[[Iterable[Any], str, int], Iterable[Any]]
"""Called with the items, their description and their total number; yields the items back."""
