"""Weights of a GraspNet with their contract."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from dexnet_core.models.graspnet import GraspNet, load_graspnet
from dexnet_core.models.published import read_data
from dexnet_core.planning.graspnet.graspnet_contract import (
    contract_from_json,
    contract_to_json,
    GraspNetContract,
)

VERSION = '0.1.0'
_KEY = 'contract'


class UsableGraspNet(NamedTuple):
    """A network in evaluation mode and its contract."""

    network: GraspNet
    contract: GraspNetContract


def graspnet_data(contract: GraspNetContract) -> dict[str, str]:
    """Return the 'data' entry of a training checkpoint, which contains the contract."""
    return {_KEY: contract_to_json(contract)}


def load_usable_graspnet(
    path: Path, maximum_width: float | None = None, maximum_tolerance: float | None = None
) -> UsableGraspNet:
    """Load weights; published weights are assumed to have the design of graspnet-baseline.

    Args:
        path: A checkpoint of this project, or published weights.
        maximum_width: Maximum opening in metres; None: from the file, or that of
            graspnet-baseline.
        maximum_tolerance: Maximum tolerance in metres; None: as above.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The weights are not those of such a network, or a length is not positive.
    """
    contract = _contract(path)
    given = {'maximum_width': maximum_width, 'maximum_tolerance': maximum_tolerance}
    changed = {name: value for name, value in given.items() if value is not None}
    constants = replace(contract.constants, **changed)
    network = load_graspnet(path, contract.design)
    return UsableGraspNet(network, replace(contract, constants=constants))


def _contract(path: Path) -> GraspNetContract:
    """Return the contract of a file; a default contract if it has none."""
    text = read_data(path).get(_KEY)
    if text is None:
        return GraspNetContract(f'graspnet {path.stem}', VERSION)
    if not isinstance(text, str):
        raise ValueError(f'{path} has a {type(text).__name__} as contract, expected text')
    try:
        return contract_from_json(text)
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error
