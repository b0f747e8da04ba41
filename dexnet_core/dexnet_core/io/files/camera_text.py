"""Parser of camera files in many text syntaxes into nested mappings and lists of numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
import json
import re
from typing import Any

import cv2
import yaml

_NUMBER = r'[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?'
_NAMED = re.compile(rf'([A-Za-z_][\w.]*(?: \w+)*)["\']?\s*[:=]\s*["\']?({_NUMBER})(?![\w.])')
_ROW = rf'(?:[ \t]*{_NUMBER})+'
_BELOW = re.compile(rf'^([A-Za-z][\w ]*)\n({_ROW}(?:\n{_ROW})*)', re.MULTILINE)
_PAIR = rf'\[({_NUMBER}) ({_NUMBER})\]'
_PRINTED = re.compile(rf'(\d+)x(\d+)\s+p{_PAIR}\s+f{_PAIR}')
_PRINTED_NAMES = ('width', 'height', 'cx', 'cy', 'fx', 'fy')
_COLMAP = re.compile(rf'\bPINHOLE((?:\s+{_NUMBER}){{6}})\s*$', re.MULTILINE)
_COLMAP_NAMES = ('width', 'height', 'fx', 'fy', 'cx', 'cy')
_SEPARATORS = re.compile(r'(?:(?:np\.|numpy\.)?array|[\s,;\[\]()])+')


def readings(text: str) -> Iterator[Any]:
    """Yield one mapping or list for each syntax in which the text can be parsed.

    The syntaxes are JSON, XML and YAML of OpenCV's FileStorage, a table of numbers, YAML of one
    or several documents, assignments as in Python or TOML, `ost.ini` of camera_calibration,
    `cameras.txt` of COLMAP, a row of names above a row of numbers, and `name: number` or
    `name = number` anywhere, in each paragraph or in the whole text.
    """
    # The Python binding of OpenCV 5 raises SystemError for an error in a constructor.
    for read in _SYNTAXES:
        try:
            found = list(read(text))
        except (ValueError, RecursionError, yaml.YAMLError, cv2.error, SystemError):
            continue
        yield from found


def _json(text: str) -> Iterator[Any]:
    yield json.loads(text)


def _xml(text: str) -> Iterator[Any]:
    """Yield the content of an XML file of OpenCV's FileStorage."""
    if '<opencv_storage' not in text[:200]:
        return
    storage = cv2.FileStorage(text, cv2.FILE_STORAGE_READ | cv2.FILE_STORAGE_MEMORY)
    try:
        yield _value(storage.root())
    finally:
        storage.release()


def _value(node: cv2.FileNode) -> Any:  # noqa: ANN401
    if node.isMap():
        return {key: _value(node.getNode(key)) for key in node.keys()}  # noqa: SIM118
    if node.isSeq():
        return [_value(node.at(index)) for index in range(node.size())]
    return node.string() if node.isString() else node.real()


def _table(text: str) -> Iterator[Any]:
    lines = [line.partition('#')[0] for line in text.splitlines()]
    rows = [_numbers(_words(line)) for line in lines if _words(line)]
    if rows:
        yield rows[0] if len(rows) == 1 else rows


def _words(line: str) -> list[str]:
    return [word for word in _SEPARATORS.split(line) if word]


class _Loader(yaml.SafeLoader):
    """A safe loader that also accepts OpenCV's tag for matrices."""


def _matrix(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor('tag:yaml.org,2002:opencv-matrix', _matrix)


def _yaml(text: str) -> Iterator[Any]:
    """Yield YAML documents; OpenCV's first line `%YAML:1.0` is removed, as it is not YAML."""
    yield from yaml.load_all(re.sub(r'^%YAML.*', '', text), _Loader)


def _assignments(text: str) -> Iterator[Any]:
    """Parse `name = value` lines as YAML; section headers are removed."""
    bare = re.sub(r'^\s*\[[A-Za-z_.]+\]\s*$', '', text, flags=re.MULTILINE)
    bare = re.sub(r'(?:np\.|numpy\.)?array\(|\)', '', bare)
    yield from _yaml(re.sub(r'^(\s*\w+)\s*=\s*', r'\1: ', bare, flags=re.MULTILINE))


def _colmap(text: str) -> Iterator[Any]:
    for found in _COLMAP.findall(text):
        yield dict(zip(_COLMAP_NAMES, _numbers(found.split()), strict=True))


def _names_above(text: str) -> Iterator[Any]:
    found = {name: _numbers(below.split()) for name, below in _BELOW.findall(text)}
    if found:
        yield {name: numbers if numbers[1:] else numbers[0] for name, numbers in found.items()}


def _row_of_names(text: str) -> Iterator[Any]:
    names, numbers, *_ = [_words(line) for line in text.splitlines() if _words(line)] + [[], []]
    if len(names) == len(numbers):
        yield dict(zip(names, _numbers(numbers), strict=True))


def _paragraphs(text: str) -> Iterator[Any]:
    """Yield the named numbers of each paragraph or section, and then those of the whole text."""
    parts = re.split(r'\n\s*\n|\n(?=\s*\[[A-Za-z])', text)
    yield {' '.join(part.split('\n', 1)[0].split())[:60]: _named(part) for part in parts}
    if len(parts) > 1:
        yield _named(text)


def _named(text: str) -> dict[str, float]:
    """Return numbers by name; a name with two different numbers is left out.

    The printed form of RealSense intrinsics is recognised too.
    """
    printed = _PRINTED.search(text)
    if printed:
        return dict(zip(_PRINTED_NAMES, _numbers(printed.groups()), strict=True))
    found: dict[str, set[float]] = {}
    for name, number in _NAMED.findall(text):
        found.setdefault(name, set()).add(float(number))
    return {name: numbers.pop() for name, numbers in found.items() if len(numbers) == 1}


def _numbers(words: Iterable[str]) -> list[float]:
    return [float(word) for word in words]


_SYNTAXES = (
    *(_json, _xml, _table, _yaml, _assignments, _names_above, _colmap, _row_of_names),
    _paragraphs,
)
