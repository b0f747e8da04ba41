"""Writing of reports as Markdown and JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
import json
import math
from pathlib import Path

from dexnet_core.io.files.atomic import write_text


def share(value: float) -> str:
    """Return a share in percent; a dash if it is not finite."""
    return f'{value:.1%}' if math.isfinite(value) else '-'


def write_report(folder: Path, sections: Sequence[str], facts: Mapping[str, object]) -> str:
    """Write `report.md` and `report.json`; return the Markdown text."""
    text = '\n\n'.join(sections) + '\n'
    write_text(folder / 'report.json', json.dumps(_finite(facts), indent=1) + '\n')
    write_text(folder / 'report.md', text)
    return text


def _finite(value: object) -> object:
    """Return a JSON value: named tuples and dataclasses as mappings, NaN and infinity as None."""
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
