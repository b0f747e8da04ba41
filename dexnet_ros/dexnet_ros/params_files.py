"""Sections of the params files of a process; rclpy gives access to the merged values only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
import re
from typing import NamedTuple

import yaml

_KEY = 'ros__parameters'


class Given(NamedTuple):
    """Origin of the parameters of a node.

    Attributes:
        shared: Names that only occur in sections with a wildcard.
        others: Params files without a section for the node.
    """

    shared: frozenset[str]
    others: tuple[Path, ...]


def given_by_files(arguments: Sequence[str], node: str) -> Given:
    """Return the origin of a node's parameters in the params files of a command line.

    Args:
        arguments: Command line as in sys.argv. Unreadable files are ignored; rcl reports them.
        node: Fully qualified name of the node, such as /left/suction_node.
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
    """Return the names in `-p NAME:=VALUE` and `-p NODE:NAME:=VALUE`."""
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
    """Yield the full name and the values of each section; names may be nested mappings."""
    if not isinstance(content, Mapping):
        return
    for key, value in content.items():
        if key == _KEY and isinstance(value, Mapping):
            yield above or '/', value
        elif key != _KEY:
            yield from _sections(value, f'{above}/{str(key).strip("/")}')


def _is_for(section: str, node: str) -> bool:
    """Return whether a section applies to a node; `*` matches one name, `**` any number."""
    words = [re.escape(word).replace(r'\*', '[^/]*') for word in section.split('/')[1:]]
    pattern = ''.join('(/[^/]+)*' if word == '[^/]*[^/]*' else f'/{word}' for word in words)
    return re.fullmatch(pattern, node) is not None


def _names(values: Mapping[str, object], above: str = '') -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _names(value, f'{above}{key}.')
        else:
            yield f'{above}{key}'
