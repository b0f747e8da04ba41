"""Which extra of the package brings a library that is missing."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires
import re

_PACKAGE = 'dexnet_core'
_USUAL = {
    **dict.fromkeys(('pick', 'generate', 'bench', 'gripper', 'evaluate', 'compare-x5'), 'sim'),
    **dict.fromkeys(('train', 'convert', 'analyze', 'visualize', 'adapt', 'make'), 'train'),
    **dict.fromkeys(('export', 'check-x5', 'plan'), 'export'),
    'view': 'viz',
    'replay': 'bags',
}
"""The extra that each command is for, where more than one brings what is missing."""
_BROUGHT_BY = {'rerun': 'rerun-sdk', 'pyarrow': 'rerun-sdk', 'PIL': 'matplotlib'}
_OF_EXTRA = re.compile(r'([\w.-]+).*extra == [\'"](\w+)[\'"]')


def how_to_install(extra: str) -> str:
    """Return the command that installs an extra in a clone of the repository."""
    return f"pip install './{_PACKAGE}[{extra}]'"


def advice(library: str, command: str) -> str:
    """Return what to install where a command could not import a library.

    Args:
        library: Name of the top-level module.
        command: Of `dexnet`.
    """
    name = _BROUGHT_BY.get(library, library)
    extras = list(_extras_with(name))
    if not extras:
        return f'dexnet {command} needs it: pip install {name}'
    usual = _USUAL.get(command, '')
    extra = usual if usual in extras else extras[0]
    return f'dexnet {command} needs the extra {extra}: {how_to_install(extra)}'


def _extras_with(name: str) -> Iterator[str]:
    """Yield the extras that ask for a library, in the order of the package's description."""
    try:
        asked_for = requires(_PACKAGE) or []
    except PackageNotFoundError:  # run from its folder, without having been installed
        return
    for requirement in asked_for:
        found = _OF_EXTRA.match(requirement)
        if found and _normal(found[1]) == _normal(name):
            yield found[2]


def _normal(name: str) -> str:
    return re.sub(r'[-_.]+', '-', name).lower()
