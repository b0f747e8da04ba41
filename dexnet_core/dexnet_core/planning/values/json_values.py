"""Conversion of dataclasses of plain values to JSON text and back."""

from __future__ import annotations

from dataclasses import asdict
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def json_text(values: DataclassInstance) -> str:
    """Return a dataclass of plain values as deterministic text."""
    return json.dumps(asdict(values), sort_keys=True)


def json_values(text: str, what: str) -> dict[str, object]:
    """Return the values of a stored dataclass by name, without further checks.

    Args:
        text: Text from `json_text`.
        what: Name of the contract or path of the file, for errors.

    Raises:
        ValueError: The text is not JSON, or not a mapping.
    """
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f'{what} is not JSON: {error}') from error
    if not isinstance(values, dict):
        raise ValueError(f'{what} is {values!r}, expected a mapping')
    return values
