"""Benchmark of crop loading: mapped arrays compared with all files in memory."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
import multiprocessing
from pathlib import Path
import time
from typing import Any, NamedTuple, TypeVar

from dexnet_core.datasets.crops.augment import Augmentation
from dexnet_core.datasets.crops.crop_cache import open_crops
from dexnet_core.datasets.crops.crop_samples import Crops
from dexnet_core.datasets.crops.crop_statistics import crop_statistics
from dexnet_core.datasets.crops.in_memory import CropsInMemory
from dexnet_core.datasets.crops.release_files import find_source
from dexnet_core.datasets.crops.releases import ARRAY, Release, TEMPLATE
from dexnet_core.io.files.atomic import write_arrays
from dexnet_core.io.files.markdown import markdown_table
import numpy as np
from numpy.typing import NDArray
import torch
from torch.utils.data import DataLoader

T = TypeVar('T')
_SPLIT = ('image', 0.2, 0)
_BATCH = 256


class DataSpeed(NamedTuple):
    """Cost of one reader, measured in a separate process.

    Attributes:
        start_s: Time from opening the folder to the first batch in seconds.
        memory_mb: Peak memory minus the memory at the start in megabytes.
        crops_per_s: Throughput of the following batches.
    """

    start_s: float
    memory_mb: float
    crops_per_s: float


class DataComparison(NamedTuple):
    """Comparison of both readers on one data set.

    Attributes:
        rows: Number of crops.
        unpack_s: Time of the first opening of the mapped arrays in seconds, which occurs once
            per data set; nearly 0 if the arrays exist.
        mapped: Mapped arrays.
        in_memory: All files in memory.
    """

    rows: int
    unpack_s: float
    mapped: DataSpeed
    in_memory: DataSpeed


def compare_data(root: Path, batches: int, release: str | None = None) -> DataComparison:
    """Read shuffled batches of 256 with noise and flips by both readers in separate processes.

    Args:
        root: Folder of the data set.
        batches: Number of batches after the first.
        release: A key of RELEASES, if the files are ambiguous.

    Raises:
        ValueError: There is no data set, or it has fewer crops than the batches.
    """
    rows = find_source(root, release).rows
    if rows < (batches + 1) * _BATCH:
        raise ValueError(f'{root} has {rows} crops, expected {(batches + 1) * _BATCH}')
    work = (root, batches, release)
    unpack_s = _in_fresh_process(_unpack, root, release)
    mapped = _in_fresh_process(_measure, _open_mapped, *work)
    return DataComparison(rows, unpack_s, mapped, _in_fresh_process(_measure, _load, *work))


def write_synthetic(root: Path, release: Release, rows: int) -> None:
    """Write synthetic crops (tilted planes with a box) in the files of a release."""
    size = release.rows_per_file
    rng = np.random.default_rng(0)
    for number in range(-(-rows // size)):
        count = min(size, rows - number * size)
        arrays = {
            release.image_field: _planes(count, release.crop, rng),
            release.pose_field: rng.uniform(0, 1, (count, release.pose_width)).astype(np.float32),
            release.metric_field: rng.uniform(0, 2 * release.threshold, count).astype(np.float32),
        }
        for field, array in arrays.items():
            name = TEMPLATE.format(field=field, number=number)
            write_arrays(root / 'tensors' / name, **{ARRAY: array})


def data_table(found: DataComparison) -> str:
    """Return the comparison as a Markdown table."""
    rows = []
    names = ('start, s', 'memory, MB', 'crops per second')
    for name, ours, theirs in zip(names, found.mapped, found.in_memory, strict=True):
        digits = 2 if max(ours, theirs) < 100 else 0
        ratio = max(ours, theirs) / max(min(ours, theirs), 1e-9)
        rows.append((name, f'{ours:.{digits}f}', f'{theirs:.{digits}f}', f'{ratio:.1f}'))
    table = markdown_table(('', 'mapped arrays', 'every file in memory', 'ratio'), rows)
    opened = f'{found.rows} crops; opening of the mapped arrays: {found.unpack_s:.1f} s'
    return f'{opened}\n\n{table}'


def _in_fresh_process(work: Callable[..., T], *args: object) -> T:
    with ProcessPoolExecutor(1, multiprocessing.get_context('spawn')) as process:
        return process.submit(work, *args).result()


def _unpack(root: Path, release: str | None) -> float:
    began = time.perf_counter()
    _open_mapped(root, release)
    return time.perf_counter() - began


def _open_mapped(root: Path, release: str | None) -> Crops:
    crops = open_crops(root, workers=2, release=release)
    statistics = crop_statistics(crops, *_SPLIT, lambda items, what, total: items)
    return Crops(crops, crops.rows, statistics, Augmentation())


def _load(root: Path, release: str | None) -> CropsInMemory:
    return CropsInMemory(find_source(root, release), mean=0.7, std=0.03)


def _measure(
    open_data: Callable[[Path, str | None], Crops | CropsInMemory],
    root: Path,
    batches: int,
    release: str | None,
) -> DataSpeed:
    torch.set_num_threads(1)
    held = _memory_mb('VmRSS')
    began = time.perf_counter()
    data = open_data(root, release)
    order = np.random.default_rng(0).permutation(len(data))[: (batches + 1) * _BATCH]
    loader = iter(DataLoader[Any](data, _BATCH, sampler=order.tolist()))
    next(loader)
    start_s = time.perf_counter() - began
    began = time.perf_counter()
    for _ in loader:
        pass
    seconds = time.perf_counter() - began
    return DataSpeed(start_s, _memory_mb('VmHWM') - held, batches * _BATCH / seconds)


def _memory_mb(key: str) -> float:
    """Return a value of /proc/self/status in megabytes."""
    lines = Path('/proc/self/status').read_text().splitlines()
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith(f'{key}:'))


def _planes(count: int, side: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return depths (count, side, side, 1) in metres, rounded to 0.1 mm for compression."""
    y, x = np.mgrid[:side, :side] / side - 0.5
    tilt = rng.uniform(-0.02, 0.02, (2, count, 1, 1))
    half = rng.uniform(0.1, 0.4, (2, count, 1, 1))
    box = (np.abs(x) < half[0]) & (np.abs(y) < half[1])
    depth = rng.uniform(0.6, 0.7, (count, 1, 1)) + tilt[0] * x + tilt[1] * y - 0.03 * box
    planes: NDArray[np.float32] = np.round(depth, 4)[..., None].astype(np.float32)
    return planes
