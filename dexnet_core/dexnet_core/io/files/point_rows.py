"""Reader of text files with one point per row (.xyz, .txt, .csv)."""

from __future__ import annotations

from pathlib import Path
import re

import numpy as np
from numpy.typing import NDArray

_SEPARATORS = re.compile(r'[\s,;]+')
_COMMENT = re.compile(r'#|//')


def read_rows(path: Path) -> NDArray[np.float64]:
    """Read (n, columns) numbers, or the columns x, y, z as (n, 3) if there is a row of names.

    Separators are spaces, tabs, commas and semicolons. `#` and `//` begin a comment. A first line
    with one value, such as the number of points in .pts files, is skipped.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: A row is not numeric, or rows have different numbers of columns.
    """
    lines = path.read_bytes().decode('utf-8-sig', 'replace').splitlines()
    rows = [(number, _words(line)) for number, line in enumerate(lines, 1)]
    rows = [(number, words) for number, words in rows if words]
    names = [word.strip('"\'').lower() for word in rows[0][1]] if rows else []
    columns = [names.index(axis) for axis in 'xyz'] if set('xyz') <= set(names) else None
    if columns is not None or len(names) == 1 < len(rows):
        rows = rows[1:]
    width = len(rows[0][1]) if rows else 0
    odd = next((number for number, words in rows if len(words) != width), None)
    if odd is not None or width < 3:
        where = f'line {odd} has another number of columns' if odd else f'it has {width} columns'
        raise ValueError(f'{path} is not a cloud: {where}, expected x y z in each row')
    try:
        values = np.array([words for _, words in rows], float)
    except ValueError as error:
        raise ValueError(f'{path} is not a cloud: {error}, expected x y z in each row') from error
    return values if columns is None else values[:, columns]


def _words(line: str) -> list[str]:
    return [word for word in _SEPARATORS.split(_COMMENT.split(line, maxsplit=1)[0]) if word]
