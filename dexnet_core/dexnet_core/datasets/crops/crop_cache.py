"""Cache of a data set as memory-mapped arrays, built once from the published files.

    ROOT/cache/manifest.json    sources of the arrays
    ROOT/cache/images.npy       (n, S, S) float32 metres, poses.npy, metric.npy, labels
    ROOT/cache/dropped.npy      rows without an approach angle

The compressed files are unpacked in parallel into `ROOT/cache.partial`, which is renamed when it
is complete. An interrupted build resumes at the missing files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import fcntl
from functools import partial
from multiprocessing.pool import ThreadPool
from pathlib import Path
import shutil
from typing import Any

from dexnet_core.datasets.crops.crop_set import CropSet
from dexnet_core.datasets.crops.disk_rows import create_rows, DiskRows, write_rows
from dexnet_core.datasets.crops.release_files import find_source, read_shard, Source
from dexnet_core.datasets.crops.releases import RELEASES
from dexnet_core.io.configuration import config_to_json, read_stored
from dexnet_core.io.files.atomic import write_array, write_text
from dexnet_core.io.progress import Progress
import numpy as np
from numpy.typing import NDArray

_FORMAT = 1
_CHUNK = 1 << 18


@dataclass(frozen=True)
class Manifest:
    """Sources of a cache.

    Attributes:
        format: Version of the cache layout.
        fingerprint: Fingerprint of the source files.
        release: Name of the release.
        roles: Names of the arrays.
        rows: Length of the arrays.
    """

    format: int
    fingerprint: str
    release: str
    roles: tuple[str, ...]
    rows: int


def open_crops(
    root: Path,
    workers: int = 1,
    release: str | None = None,
    progress: Progress | None = None,
) -> CropSet:
    """Open a data set; unpack it first if there is no cache or its files have changed.

    The cache is in `root/cache`.

    Args:
        root: Folder of the data set; see `find_source`.
        workers: Number of threads that unpack.
        release: A key of RELEASES, if the files are ambiguous.
        progress: Called with (iterator of finished files, description, total); yields the same
            items.

    Raises:
        ValueError: The files are not those of a release; the message contains one of them.
        OSError: The disk is full.
    """
    source = find_source(root, release)
    folder = root / 'cache'
    manifest = _manifest_of(source)
    if _read_manifest(folder) != manifest:
        with _only_one(folder):
            if _read_manifest(folder) != manifest:
                _build(source, folder, workers, progress or _silent)
    return _open(root, folder, manifest)


def _open(root: Path, folder: Path, manifest: Manifest) -> CropSet:
    rows: dict[str, DiskRows[Any]] = {
        role: DiskRows(folder / f'{role}.npy') for role in manifest.roles
    }
    return CropSet(
        root=root,
        cache=folder,
        fingerprint=manifest.fingerprint,
        release=RELEASES[manifest.release],
        images=rows.pop('images'),
        poses=rows.pop('poses', None),
        metric=rows.pop('metric'),
        labels=tuple(rows.items()),
        dropped=np.load(folder / 'dropped.npy', allow_pickle=False),
    )


def _manifest_of(source: Source) -> Manifest:
    roles = tuple(field.role for field in source.fields)
    return Manifest(_FORMAT, source.fingerprint, source.release.name, roles, source.rows)


def _read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest of a cache; None if there is no cache."""
    path = folder / 'manifest.json'
    try:
        return read_stored(Manifest, path)
    except (FileNotFoundError, ValueError):
        return None


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Lock the cache, so that only one process builds it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f'{folder.name}.lock').open('w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(source: Source, folder: Path, workers: int, progress: Progress) -> None:
    building = folder.with_name(f'{folder.name}.partial')
    waiting = _begin(source, building)
    copy = partial(_copy_shard, source, building)
    for number in progress(_spread(copy, waiting, workers), 'unpacking', len(waiting)):
        with (building / 'done').open('r+b') as done:
            done.seek(number)
            done.write(b'1')
    _write_dropped(source, building)
    write_text(building / 'manifest.json', config_to_json(_manifest_of(source)))
    shutil.rmtree(folder, ignore_errors=True)
    building.rename(folder)


def _begin(source: Source, building: Path) -> list[int]:
    """Create empty arrays, or resume a build; return the numbers of the files to unpack."""
    begun = building / 'fingerprint'
    if not begun.exists() or begun.read_text() != source.fingerprint:
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(parents=True)
        for field in source.fields:
            create_rows(building / f'{field.role}.npy', (source.rows, *field.shape), field.dtype)
        (building / 'done').write_bytes(b'0' * source.files)
        write_text(begun, source.fingerprint)
    done = (building / 'done').read_bytes()
    return [number for number in range(source.files) if done[number : number + 1] != b'1']


def _spread(copy: Callable[[int], int], numbers: list[int], workers: int) -> Iterator[int]:
    """Copy files in threads, because unpacking and writing release the GIL."""
    with ThreadPool(max(1, workers)) as pool:
        yield from pool.imap_unordered(copy, numbers)


def _copy_shard(source: Source, building: Path, number: int) -> int:
    first = source.rows_of(number).start
    for field, rows in zip(source.fields, read_shard(source, number), strict=True):
        write_rows(building / f'{field.role}.npy', first, rows)
    return number


def _write_dropped(source: Source, building: Path) -> None:
    """Write the indices of rows without an approach angle, which networks cannot use."""
    dropped = building / 'dropped.npy'
    if not any(field.role == 'poses' for field in source.fields):
        write_array(dropped, np.zeros(0, np.int64))
        return
    poses: DiskRows[np.float32] = DiskRows(building / 'poses.npy')
    starts = range(0, source.rows, _CHUNK)
    parts = [_unreadable(source, poses, start) for start in starts]
    write_array(dropped, np.concatenate(parts))


def _unreadable(source: Source, poses: DiskRows[np.float32], start: int) -> NDArray[np.int64]:
    rows = np.arange(start, min(start + _CHUNK, source.rows))
    read = poses.read(rows)[:, source.release.pose_columns]
    found: NDArray[np.int64] = rows[~np.isfinite(read).all(axis=1)]
    return found


def _silent(items: Iterable[int], what: str, total: int) -> Iterable[int]:
    """Return the items without showing progress."""
    del what, total
    return items
