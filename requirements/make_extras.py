"""Writes the extras of dexnet_core, in its setup.cfg, from the requirements here.

A requirement names the version that was tested; an extra asks for that version or a newer one.
After a change of a requirement: python requirements/make_extras.py
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
import re

from packaging.requirements import Requirement
from packaging.version import Version

HERE = Path(__file__).resolve().parent
SETUP = HERE.parent / 'dexnet_core' / 'setup.cfg'
EXTRAS = {
    'sim': ('sim',),
    'train': ('torch', 'train'),
    'export': ('torch', 'export'),
    'viz': ('viz',),
    'bags': ('bags',),
    'test': ('test',),
}
"""Extras, and the files that list what they bring."""
_SECTION = re.compile(r'(?s)(?<=\[options\.extras_require\]\n).*?(?=\n\[)')


def pinned(name: str) -> Iterator[Requirement]:
    """Yield what a file of requirements lists, and what the files list that it includes."""
    for line in (HERE / f'{name}.txt').read_text().splitlines():
        text = line.partition('#')[0].strip()
        if text.startswith('-r '):
            yield from pinned(text[3:].removesuffix('.txt'))
        elif text:
            yield Requirement(text)


def oldest_version(requirement: Requirement) -> Version:
    """Return the version that a requirement names."""
    (specifier,) = requirement.specifier
    return Version(specifier.version)


def asked_for(files: tuple[str, ...]) -> list[str]:
    """Return what an extra asks for, by name: the oldest of the versions that were tested."""
    tested: dict[str, list[Requirement]] = {}
    for name in files:
        for requirement in pinned(name):
            tested.setdefault(requirement.name, []).append(requirement)
    return [_at_least(requirements) for _, requirements in sorted(tested.items())]


def _at_least(requirements: list[Requirement]) -> str:
    oldest = min(requirements, key=oldest_version)
    marker = str(oldest.marker or '')
    if 'python_version' in marker:  # only chooses between the versions
        marker = ''
    text = f'{oldest.name}>={oldest_version(oldest)}'
    return f'{text}; {marker}' if marker else text


def section() -> str:
    """Return the text of the section of the extras."""
    lines = []
    for extra, files in EXTRAS.items():
        lines += [f'{extra} =', *(f'    {requirement}' for requirement in asked_for(files))]
    return '\n'.join(lines) + '\n'


def with_extras(text: str) -> str:
    """Return the text of setup.cfg with its extras written anew."""
    return _SECTION.sub(lambda _: section(), text)


if __name__ == '__main__':
    SETUP.write_text(with_extras(SETUP.read_text()))
