"""Contract of a trained network, stored as text in the 'data' entry of its checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from dexnet_core.models.checkpoints import read_checkpoint
from dexnet_core.planning.contracts.evaluator_contracts import (
    CupEvaluatorContract,
    JawEvaluatorContract,
)
from dexnet_core.planning.contracts.stored_contract import (
    Contract,
    contract_from_json,
    contract_to_json,
)
from dexnet_core.planning.contracts.view_contract import ModelContract

Usual = TypeVar('Usual', bound=ModelContract | JawEvaluatorContract | CupEvaluatorContract)

_KEY = 'contract'


def contract_facts(contract: Contract) -> dict[str, str]:
    """Return the 'data' entry of a training checkpoint, which contains the contract."""
    return {_KEY: contract_to_json(contract)}


def saved_contract(path: Path, usual: Usual) -> Usual:
    """Return the contract of a checkpoint.

    Args:
        path: Checkpoint file.
        usual: Default contract of this kind of network, for files without a contract.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file is not a checkpoint, or its contract is of another kind.
    """
    data = read_checkpoint(path).get('data')
    text = data.get(_KEY) if isinstance(data, dict) else None
    if text is None:
        return usual
    try:
        contract = contract_from_json(text)
    except (TypeError, ValueError) as error:
        raise ValueError(f'{path}: {error}') from error
    if not isinstance(contract, type(usual)) or contract.gripper != usual.gripper:
        raise ValueError(f'{path} is of {contract.name}, expected one such as {usual.name}')
    return contract
