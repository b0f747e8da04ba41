"""How reports are written: Markdown for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
import json
import math
from pathlib import Path

from dexnet_core.io.files.atomic import write_text

Cell = str | int | float


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """Return a table; floats have four digits, and what is not a number is a dash."""
    lines = [head, ['---'] * len(head), *([_text(cell) for cell in row] for row in rows)]
    return '\n'.join(f'| {" | ".join(line)} |' for line in lines)


def share(value: float) -> str:
    """Return a share as percent, or a dash."""
    return f'{value:.1%}' if math.isfinite(value) else '-'


def write_report(folder: Path, sections: Sequence[str], facts: Mapping[str, object]) -> str:
    """Write `report.md` and `report.json`; return the text of the former."""
    text = '\n\n'.join(sections) + '\n'
    write_text(folder / 'report.json', json.dumps(_finite(facts), indent=1) + '\n')
    write_text(folder / 'report.md', text)
    return text


def _text(cell: Cell) -> str:
    if isinstance(cell, float):
        return f'{cell:.4f}' if math.isfinite(cell) else '-'
    return str(cell)


def _finite(value: object) -> object:
    """Return a value that JSON knows: named fields as mappings, None for what is no number."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if hasattr(value, '_asdict'):
        return _finite(value._asdict())
    if is_dataclass(value):
        return _finite(vars(value))
    if isinstance(value, Mapping):
        return {str(name): _finite(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value
