"""Configuration dataclasses from YAML files, which override defaults and are validated."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import asdict
import json
from pathlib import Path
from typing import Any, TYPE_CHECKING, TypeVar

from dexnet_core.io.files.atomic import write_text
from dexnet_core.planning.values.json_values import json_values
from dexnet_core.planning.values.typed_values import typed_values
from dexnet_core.planning.values.yaml_values import read_mapping
import yaml

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar('T')
_NAMED = 4
"""Differences that an error message lists."""


def read_config(kind: type[T], path: Path | None) -> T:
    """Read a YAML file into a dataclass; without a file, return its defaults.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file is not YAML, has an unknown key, or a value has a wrong type.
    """
    if path is None:
        return kind()
    return typed_values(kind, read_mapping(path), str(path))


def read_stored(kind: type[T], path: Path) -> T:
    """Read a dataclass from a JSON file with the text of `config_to_json`.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: The file is not JSON, lacks a required key, or has an unknown key or a wrong
            type of value.
    """
    return typed_values(kind, json_values(path.read_text(), str(path)), str(path))


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
