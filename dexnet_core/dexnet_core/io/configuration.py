"""Configuration dataclasses from YAML files, which override defaults and are validated."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import asdict, fields, is_dataclass
import json
from pathlib import Path
from typing import Any, get_args, get_type_hints, TYPE_CHECKING, TypeVar

import dacite
from dexnet_core.io.files.atomic import write_text
import yaml

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar('T')
_NAMED = 4
"""Differences that an error message lists."""
_PAIR = tuple[float, float]


def read_config(kind: type[T], path: Path | None) -> T:
    """Read a YAML file into a dataclass; without a file, return its defaults.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file is not YAML, has an unknown key, or a value has a wrong type.
    """
    if path is None:
        return kind()
    return config_from_dict(kind, read_mapping(path), str(path))


def read_mapping(path: Path) -> dict[str, Any]:
    """Read a YAML file that holds a mapping; an empty file gives an empty mapping.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file is not YAML, or does not hold a mapping.
    """
    try:
        values = yaml.safe_load(path.read_text()) or {}
    except yaml.YAMLError as error:
        raise ValueError(f'{path} is not YAML: {" ".join(str(error).split())}') from error
    if not isinstance(values, dict):
        raise ValueError(f'{path} holds a {type(values).__name__}, expected a mapping')
    return values


def overridden(values: dict[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """Return a copy of a mapping with some values changed.

    Args:
        values: Nested mappings; they are not modified.
        changes: `key=value` or `section.key=value`, with the value in YAML syntax.

    Raises:
        ValueError: A change has no `=`, its value is not YAML, or its section is not a mapping.
    """
    result = deepcopy(values)
    for change in changes:
        key, equals, text = change.partition('=')
        *sections, name = key.split('.')
        place = result
        for section in sections:
            place = place.setdefault(section, {}) if isinstance(place, dict) else None
        if not (equals and isinstance(place, dict)):
            raise ValueError(f'{change!r} changes nothing, expected section.key=value')
        place[name] = _yaml_value(change, text)
    return result


def config_from_dict(kind: type[T], values: dict[str, Any], origin: str) -> T:
    """Build a dataclass from nested dictionaries; error messages begin with `origin`."""
    hooks: dict[Any, Any] = {float: _number, Path: Path, _PAIR: _pair}
    checks = dacite.Config(strict=True, cast=[tuple], type_hooks=hooks)
    try:
        return dacite.from_dict(kind, values, checks)
    except dacite.UnexpectedDataError as error:
        raise ValueError(f'{origin}: {_unknown_keys(kind, values) or error}') from error
    except (dacite.DaciteError, TypeError, ValueError) as error:
        raise ValueError(f'{origin}: {error}') from error


def _unknown_keys(kind: object, values: dict[str, Any], section: str = '') -> str:
    """Return an error text about the unknown keys of a mapping or its first faulty section.

    Empty if all keys are known.
    """
    if not is_dataclass(kind):
        return ''
    known = {item.name for item in fields(kind) if item.init}
    unknown = sorted(set(map(str, values)) - known)
    if unknown:
        names = ', '.join(section + name for name in unknown)
        return f'got unknown keys {names}, expected some of {", ".join(sorted(known))}'
    hints = get_type_hints(kind)
    sections = (
        _unknown_keys(part, values[name], f'{section}{name}.')
        for name in values
        for part in (hints[name], *get_args(hints[name]))
        if isinstance(values[name], dict)
    )
    return next(filter(None, sections), '')


def claim(path: Path, config: DataclassInstance) -> None:
    """Write the configuration of a folder, or check that the stored one is the same.

    Raises:
        ValueError: As in `require_free`.
    """
    require_free(path, config)
    write_text(path, config_to_json(config))


def require_free(path: Path, config: DataclassInstance) -> None:
    """Raise ValueError if the folder has another configuration; the message lists differences."""
    text = config_to_json(config)
    if not path.exists() or path.read_text() == text:
        return
    was, now = _flat(path.read_text()), _flat(text)
    keys = [key for key in {**was, **now} if was.get(key) != now.get(key)]
    differences = [f'{key} was {was.get(key)!r}, got {now.get(key)!r}' for key in keys[:_NAMED]]
    more = [f'{len(keys) - _NAMED} more'] if len(keys) > _NAMED else []
    raise ValueError(
        f'{path.parent} was begun with another configuration, see {path}: '
        + ('; '.join([*differences, *more]) or 'same values, but another text')
    )


def _flat(text: str) -> dict[str, object]:
    """Return the values of a JSON object by dotted keys; empty if the text is not an object."""
    try:
        waiting = list(json.loads(text).items())
    except (json.JSONDecodeError, AttributeError):
        return {}
    found = {}
    while waiting:
        key, value = waiting.pop(0)
        if isinstance(value, dict):
            waiting += [(f'{key}.{name}', part) for name, part in value.items()]
        else:
            found[key] = value
    return found


def config_to_json(config: DataclassInstance) -> str:
    """Return a configuration as JSON text, for storage with the results that depend on it."""
    return json.dumps(asdict(config), indent=2, sort_keys=True, default=str) + '\n'


def _yaml_value(change: str, text: str) -> object:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f'{change!r} is not YAML: {" ".join(str(error).split())}') from error


class _NoPairError(dacite.WrongTypeError):
    def __str__(self) -> str:
        return f'{self.field_path} is {self.value!r}, expected two numbers in brackets'


def _pair(value: object) -> object:
    if not (isinstance(value, (list, tuple)) and len(value) == 2):
        raise _NoPairError(tuple, value)
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise dacite.WrongTypeError(float, value)  # dacite adds the name of the key
    return float(value)
