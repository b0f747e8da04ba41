"""Reading and checking of the contract in a model file, of any kind."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, TypeVar

from dexnet_core.planning.contracts.crop_contract import CROP_FORMAT, CropContract
from dexnet_core.planning.contracts.evaluator_contracts import (
    CUP_SIZES,
    CupEvaluatorContract,
    EVALUATOR_FORMAT,
    JAW_SIZES,
    JawEvaluatorContract,
    UNCHANGED,
)
from dexnet_core.planning.contracts.view_contract import FORMAT, ModelContract
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.values.json_values import json_text, json_values
from dexnet_core.planning.values.typed_values import typed_values

METADATA_KEY = 'dexnet.contract'

_WHAT = 'model contract'
_OLDER_EVALUATOR = {'context': ['score'], 'calibration': UNCHANGED}
"""Values of fields that evaluators of older files do not have."""

Contract = ModelContract | CropContract | JawEvaluatorContract | CupEvaluatorContract
C = TypeVar('C', bound=Contract)


def contract_to_json(contract: Contract) -> str:
    """Return the text that is stored in a model file."""
    return json_text(contract)


def contract_from_json(text: str) -> Contract:
    """Read the text that is stored in a model file.

    The kind is detected by a field: crop contracts have a `form`, contracts of jaw evaluators
    `rows`, contracts of cup evaluators a `side`, and those of networks of views a `multiple`.

    Raises:
        ValueError: The text is not a contract, has another format, or a field is missing, unknown
            or of a wrong type.
    """
    values = json_values(text, _WHAT)
    if 'form' in values:
        return _read(CropContract, CROP_FORMAT, values)
    if 'rows' in values:
        values = {**_OLDER_EVALUATOR, 'sizes': JAW_SIZES, **values}
        return _read(JawEvaluatorContract, EVALUATOR_FORMAT, _with_all_lengths(values, 'jaw'))
    if 'side' in values:
        values = {**_OLDER_EVALUATOR, 'sizes': CUP_SIZES, **values}
        return _read(CupEvaluatorContract, EVALUATOR_FORMAT, _with_all_lengths(values, 'cup'))
    if 'multiple' not in values:
        raise ValueError(f'{_WHAT} is of no known kind, its keys are {sorted(values)}')
    jaw = values.get('jaw')
    if isinstance(jaw, dict):
        values = {**values, 'jaw': _with_all_lengths(jaw, 'gripper')}
    return _read(ModelContract, FORMAT, values)


def _with_all_lengths(values: dict[str, Any], key: str) -> dict[str, Any]:
    """Return values with all lengths of a gripper; older files have its size, but not all."""
    usual = asdict(SuctionCup() if key == 'cup' else JawGripper())
    del usual['radius' if key == 'cup' else 'max_opening']
    given = values.get(key)
    return {**values, key: {**usual, **given}} if isinstance(given, dict) else values


def _read(kind: type[C], supported: int, values: dict[str, Any]) -> C:
    """Return a contract from exactly its fields."""
    got = values.get('format')
    if got != supported:
        raise ValueError(f'{_WHAT} has format {got}, this runtime knows {supported}')
    return typed_values(kind, values, _WHAT, needs_every_key=True)
