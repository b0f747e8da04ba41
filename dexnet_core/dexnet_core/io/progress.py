"""How work shows how far it is; who asked for the work says where."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

Progress = Callable[[Iterable[Any], str, int], Iterable[Any]]
"""Called with items, what they are and how many there will be; yields them back."""
