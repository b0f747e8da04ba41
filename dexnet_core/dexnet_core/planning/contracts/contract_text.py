"""Conversion of contracts to and from the text that is stored with a network."""

from __future__ import annotations

from dataclasses import asdict
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def contract_text(contract: DataclassInstance) -> str:
    """Return a contract, a dataclass of plain values, as deterministic text."""
    return json.dumps(asdict(contract), sort_keys=True)


def contract_values(text: str, what: str) -> dict[str, object]:
    """Return the values of a stored contract by name, without further checks.

    Args:
        text: Text from `contract_text`.
        what: Name of the contract, for errors.

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
