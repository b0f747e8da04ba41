"""Grippers from YAML files.

A file has a key `type`, `parallel_jaw` or `suction_cup`, and any of the attributes of `JawGripper`
or `SuctionCup`; missing attributes have their defaults.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.values.typed_values import typed_values
from dexnet_core.planning.values.yaml_values import read_mapping

Gripper = JawGripper | SuctionCup
AnyGripper = TypeVar('AnyGripper', bound=Gripper)

TYPES: dict[str, type[Gripper]] = {'parallel_jaw': JawGripper, 'suction_cup': SuctionCup}
"""Class of a gripper by the value of the key `type`."""


def read_gripper(path: Path, kind: type[AnyGripper]) -> AnyGripper:
    """Read the description of a gripper.

    Args:
        path: Path of the YAML file.
        kind: JawGripper or SuctionCup.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is not YAML, is of another kind, or holds an unknown key or an
            impossible number.
    """
    values = read_mapping(path)
    got = values.pop('type', None)
    expected = next(name for name, one in TYPES.items() if one is kind)
    if got is None:
        raise ValueError(f'{path} has no key `type`, expected `type: {expected}`')
    if got != expected:
        raise ValueError(f'{path} has type {got!r}, expected {expected}')
    return typed_values(kind, values, str(path))


def gripper_text(gripper: Gripper) -> str:
    """Return the description of a gripper as YAML that `read_gripper` reads."""
    name = next(name for name, kind in TYPES.items() if kind is type(gripper))
    values = {key: value for key, value in vars(gripper).items() if key != 'name'}
    lines = [f'{key}: {round(value, 6)}' for key, value in values.items()]
    named = [f'name: {gripper.name}'] if gripper.name else []
    return '\n'.join([f'type: {name}', *named, *lines]) + '\n'
