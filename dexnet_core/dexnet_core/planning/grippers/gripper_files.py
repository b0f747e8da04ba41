"""Grippers from YAML files.

A file has a key `type`, `parallel_jaw` or `suction_cup`, and any of the attributes of `JawGripper`
or `SuctionCup`; missing attributes have their defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
import math
from pathlib import Path
from typing import Any, TypeVar

from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.grippers.jaw import JawGripper
import yaml

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
    try:
        values = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise ValueError(f'{path} is not YAML: {" ".join(str(error).split())}') from error
    if not isinstance(values, dict):
        raise ValueError(f'{path} holds a {type(values).__name__}, expected keys and values')
    got = values.pop('type', None)
    expected = next(name for name, one in TYPES.items() if one is kind)
    if got is None:
        raise ValueError(f'{path} has no key `type`, expected `type: {expected}`')
    if got != expected:
        raise ValueError(f'{path} has type {got!r}, expected {expected}')
    try:
        return gripper_of(kind, values)
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error


def gripper_text(gripper: Gripper) -> str:
    """Return the description of a gripper as YAML that `read_gripper` reads."""
    name = next(name for name, kind in TYPES.items() if kind is type(gripper))
    values = {key: value for key, value in vars(gripper).items() if key != 'name'}
    lines = [f'{key}: {round(value, 6)}' for key, value in values.items()]
    named = [f'name: {gripper.name}'] if gripper.name else []
    return '\n'.join([f'type: {name}', *named, *lines]) + '\n'


def _is_finite(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return math.isfinite(value)


def gripper_of(kind: type[AnyGripper], values: Mapping[str, Any]) -> AnyGripper:
    """Return a gripper from its attributes; missing attributes have their defaults.

    Raises:
        ValueError: A key is unknown, or a value is not a valid number.
    """
    names = [item.name for item in fields(kind)]
    for name, value in values.items():
        if name not in names:
            raise ValueError(f'gripper key {name!r} is unknown, expected some of {names}')
        if name == 'name':
            if not isinstance(value, str):
                raise ValueError(f'gripper name is {value!r}, expected text')
        elif not _is_finite(value):
            raise ValueError(f'gripper {name} is {value!r}, expected a number')
    return kind(**values)
