"""Check before training that all required files exist and are complete.

Large files are not read as a whole: only the header and the end of an image, and the list of
arrays of an archive. A hundred scenes of 256 views take about ten seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple
import zipfile

from dexnet_core.datasets.graspnet_files.label_store import labelled_objects
from dexnet_core.datasets.graspnet_files.set_layout import GRASPS, LABEL_FIELDS, Layout
from dexnet_core.datasets.graspnet_files.set_reader import (
    read_object_list,
    read_view_facts,
    tolerance_path,
)
from dexnet_core.io.progress import Progress
import numpy as np

_HEAD, _END = 26, 64
_START, _LAST = b'\x89PNG\r\n\x1a\n', b'IEND'
_DEPTH_BITS = 16


class _PngHead(NamedTuple):
    """Header of a PNG image: columns, rows and bits per channel."""

    width: int
    height: int
    bits: int


def require_whole_views(
    layout: Layout, views: Sequence[tuple[int, int]], progress: Progress
) -> None:
    """Check the images and meta files of views.

    Args:
        layout: Layout of the set.
        views: Views as (scene, view).
        progress: Called with (views, description, total); yields the same views.

    Raises:
        FileNotFoundError: A file is missing; the message contains its path.
        ValueError: A file is truncated or of another kind, or depth and label image differ in
            size.
    """
    for scene in sorted({scene for scene, _ in views}):
        _require_depths(layout, scene)
    for scene, view in progress(views, 'files of views', len(views)):
        depth, instances = layout.depth(scene, view), layout.instances(scene, view)
        head, other = _png_head(depth), _png_head(instances)
        if head.bits != _DEPTH_BITS:
            raise ValueError(f'{depth} has {head.bits} bits per pixel, expected {_DEPTH_BITS}')
        if head[:2] != other[:2]:
            raise ValueError(
                f'{instances} has {other.width} x {other.height} pixels, its depth '
                f'{head.width} x {head.height}'
            )
        read_view_facts(layout, scene, view)


def require_whole_labels(layout: Layout, scenes: Iterable[int]) -> None:
    """Check that the labels, tolerances and collisions of scenes exist and are complete.

    Raises:
        FileNotFoundError: A file is missing; the message contains its path.
        ValueError: A file is truncated, or lacks an array.
    """
    numbers = set()
    for scene in scenes:
        numbers |= set(labelled_objects(layout, scene))
        count = len(read_object_list(layout, scene))
        _require_arrays(layout.collisions(scene), [f'arr_{i}' for i in range(count)])
    for number in sorted(numbers):
        _require_arrays(layout.grasp_labels(number), LABEL_FIELDS)
        _require_tolerance(tolerance_path(layout, number))


def _require_depths(layout: Layout, scene: int) -> None:
    """Raise FileNotFoundError if a view has a meta file but no depth image."""
    folders = layout.depth(scene, 0).parent, layout.meta(scene, 0).parent
    depths, metas = (
        {int(path.stem) for path in folder.glob('[0-9]*') if path.stem.isdecimal()}
        for folder in folders
    )
    if metas - depths:
        path = layout.depth(scene, min(metas - depths))
        raise FileNotFoundError(f'{path} does not exist, but its view has a meta file')


def _png_head(path: Path) -> _PngHead:
    with path.open('rb') as file:
        head = file.read(_HEAD)
        size = file.seek(0, 2)
        file.seek(max(0, size - _END))
        end = file.read()
    if len(head) < _HEAD or not head.startswith(_START):
        raise ValueError(f'{path} is not a PNG image ({size} bytes)')
    if _LAST not in end:
        raise ValueError(f'{path} is truncated after {size} bytes: copy it again')
    width, height = (int.from_bytes(head[k : k + 4], 'big') for k in (16, 20))
    return _PngHead(width, height, head[24])


def _require_arrays(path: Path, names: Sequence[str]) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            held = {name.removesuffix('.npy') for name in archive.namelist()}
    except zipfile.BadZipFile as error:
        raise ValueError(f'{path} is truncated, or not a .npz archive: copy it again') from error
    missing = [name for name in names if name not in held]
    if missing:
        raise ValueError(f'{path} lacks the arrays {", ".join(missing)}')


def _require_tolerance(path: Path) -> None:
    try:
        shape = np.load(path, mmap_mode='r', allow_pickle=False).shape
    except (ValueError, OSError, EOFError) as error:
        raise ValueError(f'{path} is truncated, or not a plain .npy array: {error}') from error
    if shape[1:] != GRASPS:
        raise ValueError(f'{path} has shape {shape}, expected (P, {", ".join(map(str, GRASPS))})')
