"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
import math

Cell = str | int | float


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Return a Markdown table; floats have four decimals, NaN and infinity become a dash."""
    lines = [_line(head), '|---' * len(head) + '|', *map(_line, rows)]
    return '\n'.join(lines)


def _line(cells: Sequence[Cell]) -> str:
    return f'| {" | ".join(map(_text, cells))} |'


def _text(cell: Cell) -> str:
    if isinstance(cell, float):
        return f'{cell:.4f}' if math.isfinite(cell) else '-'
    return str(cell).replace('|', '\\|')
