"""Dataclasses from the plain values of YAML and JSON files, with checked types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, fields, is_dataclass, MISSING
from pathlib import Path
import re
import sys
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
_EXPONENT = re.compile(r'[+-]?[0-9.]+[eE][+-]?[0-9]+')
_ACCEPTED: dict[Any, tuple[type, ...]] = {float: (int, float), Path: (str, Path)}
"""Types of values that are converted, by the type that they are converted to."""


def typed_values(
    kind: type[T], values: object, origin: str, *, needs_every_key: bool = False
) -> T:
    """Return a dataclass from a mapping of its attributes.

    Keys that are left out have the defaults of the dataclass. The mapping of a nested dataclass
    is a section. A section without a key keeps the value of the outer dataclass's default, which
    can differ from the default of the nested class.

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

    def dataclass(self, kind: Any, values: object, section: str, default: Any = None) -> Any:  # noqa: ANN401
        """Return a dataclass.

        Args:
            kind: Its class.
            values: The mapping.
            section: Empty, or the name of its key with a dot.
            default: Dataclass with the values of missing keys; None for the defaults of its class.
        """
        if not isinstance(values, Mapping):
            name = section[:-1] or 'content'
            raise ValueError(f'{name} is {values!r}, expected keys and values')
        known = {item.name: item for item in fields(kind) if item.init}
        unknown = sorted(section + str(name) for name in set(values) - set(known))
        if unknown:
            some = ', '.join(sorted(known))
            raise ValueError(f'got unknown keys {", ".join(unknown)}, expected some of {some}')
        usual = {name: _default_of(item, default) for name, item in known.items()}
        needed = {k for k, value in usual.items() if self.needs_every_key or value is MISSING}
        missing = sorted(section + name for name in needed - set(values))
        if missing:
            raise ValueError(f'got no {", ".join(missing)}; these keys are required')
        types = get_type_hints(kind)
        read = {k: self._any(types[k], v, section + k, usual[k]) for k, v in values.items()}
        try:
            return kind(**{**usual, **read})
        except ValueError as error:
            raise ValueError(f'{section[:-1]}: {error}' if section else str(error)) from error

    def _any(self, kind: Any, value: object, name: str, default: Any = MISSING) -> Any:  # noqa: ANN401
        if is_dataclass(kind):
            has_default = is_dataclass(default) and not self.needs_every_key
            return self.dataclass(kind, value, f'{name}.', default if has_default else None)
        inner = get_args(kind)
        if get_origin(kind) is tuple:
            return self._tuple(inner, value, name)
        if get_origin(kind) is Mapping:
            return self._mapping(inner, value, name)
        if not inner:
            return _plain(kind, value, name)
        (other,) = set(inner) - {NoneType}
        return None if value is None else self._any(other, value, name, default)

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


def _default_of(item: Field[Any], default: object) -> Any:  # noqa: ANN401
    """Return the value of an attribute in a default dataclass, or its own default, or MISSING."""
    if default is not None:
        return getattr(default, item.name)
    return item.default if item.default_factory is MISSING else item.default_factory()


def _plain(kind: Any, value: Any, name: str) -> Any:  # noqa: ANN401
    is_accepted = isinstance(value, _ACCEPTED.get(kind, (kind,)))
    is_other_bool = isinstance(value, bool) and kind is not bool
    if is_other_bool or not is_accepted or (kind is float and not _is_finite(value)):
        raise ValueError(f'{name} is {value!r}, expected {_EXPECTED[kind]}{_hint(kind, value)}')
    return kind(value)


def _is_finite(number: float) -> bool:
    return abs(number) <= sys.float_info.max


def _hint(kind: object, value: object) -> str:
    """Return a hint about numbers such as 1e-3, which YAML reads as text."""
    is_exponent = kind is float and isinstance(value, str) and _EXPONENT.fullmatch(value)
    return '; YAML needs a point and a sign, such as 1.0e-3' if is_exponent else ''
