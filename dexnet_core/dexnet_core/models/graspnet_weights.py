"""Weights of a GraspNet together with what they mean."""

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
    """A network with weights, ready to answer, and how its graphs are fed and read."""

    network: GraspNet
    contract: GraspNetContract


def graspnet_data(contract: GraspNetContract) -> dict[str, str]:
    """Return what a training checkpoint stores as 'data', for weights that explain themselves."""
    return {_KEY: contract_to_json(contract)}


def load_usable_graspnet(
    path: Path, maximum_width: float | None = None, maximum_tolerance: float | None = None
) -> UsableGraspNet:
    """Load weights; published ones are taken for those of graspnet-baseline's design.

    Args:
        path: A checkpoint of this project, or published weights.
        maximum_width: Metres; None for what the file says, or else that of graspnet-baseline.
        maximum_tolerance: Metres; likewise.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: Not the weights of such a network, or a length is not positive.
    """
    contract = _contract(path)
    said = {'maximum_width': maximum_width, 'maximum_tolerance': maximum_tolerance}
    known = {name: value for name, value in said.items() if value is not None}
    constants = replace(contract.constants, **known)
    network = load_graspnet(path, contract.design)
    return UsableGraspNet(network, replace(contract, constants=constants))


def _contract(path: Path) -> GraspNetContract:
    """Return what the file says of its weights."""
    text = read_data(path).get(_KEY)
    if text is None:
        return GraspNetContract(f'graspnet {path.stem}', VERSION)
    if not isinstance(text, str):
        raise ValueError(f'{path} holds a {type(text).__name__} as contract, expected text')
    try:
        return contract_from_json(text)
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error
