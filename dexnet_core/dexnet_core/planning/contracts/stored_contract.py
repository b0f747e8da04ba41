"""Reading and checking of the contract in a model file, of any kind."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, TypeVar

from dexnet_core.planning.contracts.contract_text import contract_text, contract_values
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
from dexnet_core.planning.values.typed_values import typed_values

METADATA_KEY = 'dexnet.contract'

_WHAT = 'model contract'
_OLDER_EVALUATOR = {'context': ['score'], 'calibration': UNCHANGED}
"""Values of fields that evaluators of older files do not have."""

Contract = ModelContract | CropContract | JawEvaluatorContract | CupEvaluatorContract
C = TypeVar('C', bound=Contract)


def contract_to_json(contract: Contract) -> str:
    """Return the text that is stored in a model file."""
    return contract_text(contract)


def contract_from_json(text: str) -> Contract:
    """Read the text that is stored in a model file.

    The kind is detected by a field: crop contracts have a `form`, contracts of jaw evaluators
    `rows`, contracts of cup evaluators a `side`.

    Raises:
        ValueError: The text is not a contract, has another format, or a field is missing, unknown
            or of a wrong type.
    """
    values = contract_values(text, _WHAT)
    if 'form' in values:
        return _read(CropContract, CROP_FORMAT, values)
    if 'rows' in values:
        values = {**_OLDER_EVALUATOR, 'sizes': JAW_SIZES, **values}
        return _read(JawEvaluatorContract, EVALUATOR_FORMAT, _with_gripper(values, 'jaw'))
    if 'side' in values:
        values = {**_OLDER_EVALUATOR, 'sizes': CUP_SIZES, **values}
        return _read(CupEvaluatorContract, EVALUATOR_FORMAT, _with_gripper(values, 'cup'))
    jaw = values.get('jaw')
    if isinstance(jaw, dict):
        values = {**values, 'jaw': _with_gripper(jaw, 'gripper')}
    return _read(ModelContract, FORMAT, values)


def _with_gripper(values: dict[str, Any], key: str) -> dict[str, Any]:
    """Return values with all lengths of a gripper; older files do not have all."""
    usual = SuctionCup() if key == 'cup' else JawGripper()
    given = values.get(key)
    return {**values, key: {**asdict(usual), **given}} if isinstance(given, dict) else values


def _read(kind: type[C], known: int, values: dict[str, Any]) -> C:
    """Return a contract from exactly its fields."""
    got = values.get('format')
    if got != known:
        raise ValueError(f'{_WHAT} has format {got}, this runtime knows {known}')
    return typed_values(kind, values, _WHAT, needs_every_key=True)
