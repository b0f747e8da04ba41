"""Search, checks and reader of the files of a release."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
import hashlib
import os
from pathlib import Path
import re
from typing import cast, NamedTuple

from dexnet_core.datasets.crops.releases import ARRAY, find_release, Release, TEMPLATE
from dexnet_core.geometry.lengths import require_metres
from dexnet_core.io.files.atomic import read_arrays
import numpy as np
from numpy.typing import NDArray

_LOOKED_AT = 50
"""Number of images per file that are checked for metres."""
_NAME = re.compile(r'(?P<field>.+)_(?P<number>\d{5})\.npz')
_LABELS = {
    'object_labels': ('obj_labels', 'object_labels'),
    'pose_labels': ('pose_labels',),
    'image_labels': ('image_labels',),
    'split': ('split',),
}
"""Optional fields: role and possible names on disk."""

Arrays = tuple[NDArray[np.generic], ...]


class Field(NamedTuple):
    """A field of a source.

    Attributes:
        role: Name in this package: images, poses, metric or one of the labels.
        name: Name of the field on disk.
        shape: Shape of one row, without trailing axes of length 1.
        dtype: Data type of the cache.
    """

    role: str
    name: str
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class Source:
    """The files of a data set.

    Attributes:
        folder: Folder of the files.
        release: Release of the files.
        fields: Images, poses if there are any, metric, and labels, in this order.
        files: Number of files per field.
        rows_per_file: Number of rows of every file except the last.
        rows: Number of rows of all files.
        fingerprint: Digest of names, sizes and modification times of all files.
    """

    folder: Path
    release: Release
    fields: tuple[Field, ...]
    files: int
    rows_per_file: int
    rows: int
    fingerprint: str

    def field(self, role: str) -> Field:
        """Return the field of a role; the data set must have it."""
        return next(field for field in self.fields if field.role == role)

    def path(self, field: Field, number: int) -> Path:
        """Return the path of a file of a field."""
        return self.folder / TEMPLATE.format(field=field.name, number=number)

    def rows_of(self, number: int) -> range:
        """Return the row numbers of a file."""
        first = number * self.rows_per_file
        return range(first, min(first + self.rows_per_file, self.rows))


def find_source(root: Path, release: str | None = None) -> Source:
    """Find the files of a data set and check that none is missing.

    The files can be in `root` (published 2.0), in `root/tensors` (later generators), or in the
    `tensors` folder of the only sub-folder that has one (Dex-Net 5.0).

    Args:
        root: Folder of the data set.
        release: A key of RELEASES, if the files are ambiguous.

    Raises:
        FileNotFoundError: The folder does not exist.
        ValueError: There is no data set, or a file or field is missing or misnamed; the message
            contains its name.
    """
    folder = _tensor_folder(root)
    numbers = _numbered(folder)
    found = find_release(root, set(numbers), release)
    fields = _fields(found, set(numbers), folder)
    files = max(max(numbers[field.name]) for field in fields) + 1
    for field in fields:
        missing = sorted(set(range(files)) - numbers[field.name])
        if missing:
            name = TEMPLATE.format(field=field.name, number=missing[0])
            raise ValueError(f'{folder} lacks {name}, one of {len(missing)} missing files')
    metric = next(field for field in fields if field.role == 'metric')
    first, last = (
        len(_read(folder / TEMPLATE.format(field=metric.name, number=k), metric))
        for k in (0, files - 1)
    )
    rows = (files - 1) * first + last
    return Source(folder, found, fields, files, first, rows, _fingerprint(folder, fields, files))


def read_shard(source: Source, number: int) -> Arrays:
    """Read and check file `number` of every field.

    Returns:
        One array per field of the source, in the same order, with the field's row shape and dtype.

    Raises:
        ValueError: A file is damaged, does not match the release or the other fields, has depths
            that are not in metres, or has values that are not finite; the message contains its
            path. Only an approach angle can be NaN, as in parts of 3.0.
    """
    expected = len(source.rows_of(number))
    arrays = []
    for field in source.fields:
        path = source.path(field, number)
        array = _read(path, field)
        if len(array) != expected:
            raise ValueError(
                f'{path} has {len(array)} rows, expected {expected} as in the metric files'
            )
        _require_finite(path, field, array, source.release)
        if field.role == 'images':
            some = array[:: 1 + len(array) // _LOOKED_AT]
            require_metres(some[some > 0], str(path))
        arrays.append(np.ascontiguousarray(array, field.dtype))
    return tuple(arrays)


def _tensor_folder(root: Path) -> Path:
    if not root.is_dir():
        raise FileNotFoundError(f'{root} is not a folder')
    below = sorted(folder for folder in root.glob('*/tensors') if folder.is_dir())
    choices: list[Path] = [root, root / 'tensors', *(below if len(below) == 1 else ())]
    for folder in choices:
        if folder.is_dir() and any(folder.glob('*.npz')):
            return folder
    halves = ' or '.join(str(folder.parent) for folder in below)
    hint = f'; specify one of its data sets: {halves}' if halves else ''
    raise ValueError(f'{root} and {root / "tensors"} have no .npz files{hint}')


def _numbered(folder: Path) -> dict[str, set[int]]:
    """Return the file numbers of every field in a folder."""
    numbers = defaultdict(set)
    for path in folder.glob('*.npz'):
        if path.name.startswith('.'):
            continue
        match = _NAME.fullmatch(path.name)
        if not match:
            raise ValueError(f'{path} is misnamed, expected FIELD_00000.npz and so on')
        numbers[match['field']].add(int(match['number']))
    return dict(numbers)


def _fields(release: Release, names: set[str], folder: Path) -> tuple[Field, ...]:
    side = release.crop
    needed = [
        Field('images', release.image_field, (side, side), 'float32'),
        Field('poses', release.pose_field, (release.pose_width,), 'float32'),
        Field('metric', release.metric_field, (), 'float32'),
    ]
    if release.pose_field not in names:  # poses are optional, few networks need them
        del needed[1]
    for field in needed:
        if field.name not in names:
            raise ValueError(f'{folder} lacks the field {field.name} of {release.name}')
    labels = (
        Field(role, next(name for name in spellings if name in names), (), 'int32')
        for role, spellings in _LABELS.items()
        if names & set(spellings)
    )
    return (*needed, *labels)


def _read(path: Path, field: Field) -> NDArray[np.number]:
    """Return the rows of a file, without trailing axes of length 1."""
    (array,) = read_arrays(path, ARRAY)
    shape = array.shape[1:]
    bare = shape[: len(field.shape)]
    if array.ndim == 0 or len(array) == 0 or bare != field.shape or set(shape[len(bare) :]) - {1}:
        raise ValueError(f'{path} has shape {array.shape}, expected (rows, *{field.shape})')
    if array.dtype.kind not in 'fiub':
        raise ValueError(f'{path} has dtype {array.dtype}, expected numbers')
    return cast('NDArray[np.number]', array.reshape(len(array), *field.shape))


def _require_finite(path: Path, field: Field, array: NDArray[np.number], release: Release) -> None:
    checked = array[:, release.pose_columns[0]] if field.role == 'poses' else array
    wrong = ~np.isfinite(checked).reshape(len(array), -1).all(axis=1)
    if wrong.any():
        row, count = int(np.argmax(wrong)), int(wrong.sum())
        raise ValueError(f'{path} is not finite in {count} rows, first in row {row}')


def _fingerprint(folder: Path, fields: tuple[Field, ...], files: int) -> str:
    names = {TEMPLATE.format(field=f.name, number=k) for f in fields for k in range(files)}
    with os.scandir(folder) as entries:
        stats = {entry.name: entry.stat() for entry in entries if entry.name in names}
    digest = hashlib.sha256()
    for name in sorted(stats):
        digest.update(f'{name} {stats[name].st_size} {stats[name].st_mtime_ns}\n'.encode())
    return digest.hexdigest()
