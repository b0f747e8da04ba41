"""Dataclasses from the plain values of YAML and JSON files, with checked types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, fields, is_dataclass, MISSING
import math
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints, NamedTuple, TypeVar

T = TypeVar('T')

_EXPECTED: dict[Any, str] = {
    bool: 'true or false',
    int: 'a whole number',
    float: 'a finite number',
    str: 'text',
    Path: 'a path',
}
"""What an error message expects, by type."""
_ACCEPTED: dict[Any, tuple[type, ...]] = {float: (int, float), Path: (str, Path)}
"""Types of values that are converted, by the type that they are converted to."""


def typed_values(
    kind: type[T], values: object, origin: str, *, needs_every_key: bool = False
) -> T:
    """Return a dataclass from a mapping of its attributes.

    Attributes may be of the types bool, int, float, str, Path, dataclass, tuple, Mapping, and one
    of these or None. A whole number is accepted for float, a list for a tuple, a text for a path
    and a mapping for a dataclass; nothing else is converted. Numbers are finite.

    Args:
        kind: The dataclass.
        values: The mapping.
        origin: Beginning of error messages, such as the path of the file.
        needs_every_key: Whether attributes with a default must be given as well.

    Raises:
        ValueError: A key is unknown or missing, a value has another type, or the dataclass
            refuses it.
    """
    try:
        result: T = _Reader(needs_every_key).dataclass(kind, values, '')
    except ValueError as error:
        raise ValueError(f'{origin}: {error}') from error
    return result


class _Reader(NamedTuple):
    """Reads values of any supported type; `name` is the key of a value in messages."""

    needs_every_key: bool

    def dataclass(self, kind: Any, values: object, section: str) -> Any:  # noqa: ANN401
        """Return a dataclass; `section` is empty, or the name of its key with a dot."""
        if not isinstance(values, Mapping):
            name = section[:-1] or 'content'
            raise ValueError(f'{name} is {values!r}, expected keys and values')
        known = {item.name: item for item in fields(kind) if item.init}
        unknown = sorted(section + str(name) for name in set(values) - set(known))
        if unknown:
            some = ', '.join(sorted(known))
            raise ValueError(f'got unknown keys {", ".join(unknown)}, expected some of {some}')
        needed = {name for name, item in known.items() if self._is_needed(item)}
        missing = sorted(section + name for name in needed - set(values))
        if missing:
            raise ValueError(f'got no {", ".join(missing)}; these keys are required')
        types = get_type_hints(kind)
        read = {k: self._any(types[k], value, section + k) for k, value in values.items()}
        return kind(**read)

    def _is_needed(self, item: Field[Any]) -> bool:
        has_default = item.default is not MISSING or item.default_factory is not MISSING
        return self.needs_every_key or not has_default

    def _any(self, kind: Any, value: object, name: str) -> Any:  # noqa: ANN401
        if is_dataclass(kind):
            return self.dataclass(kind, value, f'{name}.')
        inner = get_args(kind)
        if get_origin(kind) is tuple:
            return self._tuple(inner, value, name)
        if get_origin(kind) is Mapping:
            return self._mapping(inner, value, name)
        if not inner:
            return _plain(kind, value, name)
        (other,) = set(inner) - {NoneType}
        return None if value is None else self._any(other, value, name)

    def _tuple(self, inner: tuple[Any, ...], value: object, name: str) -> tuple[Any, ...]:
        is_open = inner[-1] is Ellipsis
        expected = 'a list' if is_open else f'{len(inner)} values in brackets'
        if not isinstance(value, (list, tuple)) or not (is_open or len(value) == len(inner)):
            raise ValueError(f'{name} is {value!r}, expected {expected}')
        kinds = inner[:1] * len(value) if is_open else inner
        pairs = enumerate(zip(kinds, value, strict=True))
        return tuple(self._any(kind, item, f'{name}[{k}]') for k, (kind, item) in pairs)

    def _mapping(self, inner: tuple[Any, ...], value: object, name: str) -> dict[Any, Any]:
        if not isinstance(value, Mapping):
            raise ValueError(f'{name} is {value!r}, expected keys and values')
        return {
            _plain(inner[0], key, f'key of {name}'): self._any(inner[1], item, f'{name}.{key}')
            for key, item in value.items()
        }


def _plain(kind: Any, value: object, name: str) -> Any:  # noqa: ANN401
    is_accepted = isinstance(value, _ACCEPTED.get(kind, (kind,)))
    is_other_bool = isinstance(value, bool) and kind is not bool
    is_endless = isinstance(value, float) and not math.isfinite(value)
    if is_other_bool or is_endless or not is_accepted:
        raise ValueError(f'{name} is {value!r}, expected {_EXPECTED[kind]}')
    return kind(value)
