"""What the params files of a process say, section by section; rclpy tells only the outcome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
import re
from typing import NamedTuple

import yaml

_KEY = 'ros__parameters'


class Given(NamedTuple):
    """The parameters of a node by where they come from.

    Attributes:
        shared: Names from sections with a wildcard, and from no other place.
        others: Files in which no section is for the node.
    """

    shared: frozenset[str]
    others: tuple[Path, ...]


def given_by_files(arguments: Sequence[str], node: str) -> Given:
    """Return what the params files in the arguments of a process have for a node.

    Args:
        arguments: As in sys.argv; files that cannot be read are left out, as rcl names them.
        node: Full name of the node, such as /left/suction_node.
    """
    shared: set[str] = set()
    own: set[str] = set()
    others = []
    for path in _files(arguments):
        sections = list(_sections(_content(path)))
        fitting = [(name, values) for name, values in sections if _is_for(name, node)]
        for name, values in fitting:
            (shared if '*' in name else own).update(_names(values))
        if sections and not fitting:
            others.append(path)
    return Given(frozenset(shared - own - _assigned(arguments)), tuple(others))


def _files(arguments: Sequence[str]) -> Iterator[Path]:
    for option, value in pairwise(arguments):
        if option == '--params-file':
            yield Path(value)


def _assigned(arguments: Sequence[str]) -> set[str]:
    """Return the names of `-p NAME:=VALUE` and `-p NODE:NAME:=VALUE`."""
    return {
        value.partition(':=')[0].rpartition(':')[2]
        for option, value in pairwise(arguments)
        if option in ('-p', '--param')
    }


def _content(path: Path) -> object:
    try:
        return yaml.safe_load(path.read_text())
    except (OSError, ValueError, yaml.YAMLError):
        return None


def _sections(content: object, above: str = '') -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yield the name, from the root on, and the values of each section; names may be nested."""
    if not isinstance(content, Mapping):
        return
    for key, value in content.items():
        if key == _KEY and isinstance(value, Mapping):
            yield above or '/', value
        elif key != _KEY:
            yield from _sections(value, f'{above}/{str(key).strip("/")}')


def _is_for(section: str, node: str) -> bool:
    """Tell whether a section is for a node; `*` stands for one name, `**` for any number."""
    words = [re.escape(word).replace(r'\*', '[^/]*') for word in section.split('/')[1:]]
    pattern = ''.join('(/[^/]+)*' if word == '[^/]*[^/]*' else f'/{word}' for word in words)
    return re.fullmatch(pattern, node) is not None


def _names(values: Mapping[str, object], above: str = '') -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _names(value, f'{above}{key}.')
        else:
            yield f'{above}{key}'
