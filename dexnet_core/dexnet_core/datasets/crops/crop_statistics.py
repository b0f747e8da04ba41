"""Mean and standard deviation of a data set, exact for any size."""

from __future__ import annotations

from dataclasses import asdict, dataclass
import json
from pathlib import Path

from dexnet_core.datasets.crops.crop_set import CropSet
from dexnet_core.datasets.crops.splits import split_rows
from dexnet_core.io.configuration import read_stored
from dexnet_core.io.files.atomic import write_text
from dexnet_core.io.progress import Progress
import numpy as np
from numpy.typing import NDArray

_CHUNK = 4096
_LEAST_SPREAD = 1e-7
"""Minimum standard deviation in metres or radians; smaller values are rounding errors."""
POSE_NAMES = ('gripper depth', 'approach angle')
"""Names of the pose columns that are network inputs."""


@dataclass(frozen=True)
class CropStatistics:
    """Statistics of the training crops of a split.

    Attributes:
        count: Number of crops.
        mean: Mean over all pixels in metres.
        std: Population standard deviation over all pixels in metres.
        pose_mean: Mean of each pose input in metres or radians; empty without poses.
        pose_std: Population standard deviation of each pose input.
        positives: Fraction of crops whose metric exceeds the release's threshold.
    """

    count: int
    mean: float
    std: float
    pose_mean: tuple[float, ...]
    pose_std: tuple[float, ...]
    positives: float

    @property
    def constant(self) -> tuple[bool, ...]:
        """For each pose input, whether all values are equal."""
        return tuple(not std > _LEAST_SPREAD for std in self.pose_std)


@dataclass(frozen=True)
class StoredStatistics:
    """Contents of stats.json: the statistics and their key."""

    fingerprint: str
    split: str
    val_share: float
    seed: int
    statistics: CropStatistics


@dataclass(frozen=True)
class Moments:
    """Count, mean (k,) and sum of squared deviations (k,) of n rows."""

    count: int
    mean: NDArray[np.float64]
    squares: NDArray[np.float64]

    def joined(self, other: Moments) -> Moments:
        """Return the moments of the union of both (Chan, Golub and LeVeque, 1979)."""
        count = self.count + other.count
        apart = other.mean - self.mean
        mean = self.mean + apart * other.count / count
        between = apart**2 * self.count * other.count / count
        return Moments(count, mean, self.squares + other.squares + between)

    @property
    def std(self) -> NDArray[np.float64]:
        """Population standard deviation (k,)."""
        return np.sqrt(self.squares / self.count)


def moments_of(values: NDArray[np.generic]) -> Moments:
    """Return the moments of the columns of values (n, k); n is at least 1."""
    values = np.asarray(values, np.float64)
    mean = values.mean(axis=0)
    return Moments(len(values), mean, np.square(values - mean).sum(axis=0))


def crop_statistics(
    crops: CropSet, split: str, val_share: float, seed: int, progress: Progress
) -> CropStatistics:
    """Return the statistics of a split's training crops, from stats.json if it contains them.

    Args:
        crops: The data set.
        split: Kind of split, see `split_rows`.
        val_share: See `split_rows`.
        seed: See `split_rows`.
        progress: Called with (chunks, description, total); yields the same chunks.
    """
    path = crops.cache / 'stats.json'
    stored = _read(path)
    asked = (crops.fingerprint, split, val_share, seed)
    if stored and (stored.fingerprint, stored.split, stored.val_share, stored.seed) == asked:
        return stored.statistics
    rows = split_rows(crops, split, val_share, seed).train
    statistics = measure_rows(crops, rows, progress)
    text = json.dumps(asdict(StoredStatistics(*asked, statistics)), indent=2)
    write_text(path, text + '\n')
    return statistics


def statistics_table(found: CropStatistics) -> str:
    """Return the statistics as text."""
    lines = [
        f'training crops  {found.count}, {found.positives:.1%} good',
        f'depth image     mean {found.mean:.6f} m, std {found.std:.6f} m',
    ]
    columns = zip(POSE_NAMES, ('m', 'rad'), found.pose_mean, found.pose_std, strict=False)
    for name, unit, mean, std in columns:
        lines.append(f'{name:15} mean {mean:.6f} {unit}, std {std:.6f} {unit}')
    return '\n'.join(lines)


def measure_rows(crops: CropSet, rows: NDArray[np.int64], progress: Progress) -> CropStatistics:
    """Return the statistics of one or more rows; each row is read once."""
    pixels: Moments | None = None
    poses: Moments | None = None
    positives = 0
    chunks = range(0, len(rows), _CHUNK)
    for start in progress(chunks, 'statistics', len(chunks)):
        some = rows[start : start + _CHUNK]
        pixels = _add(pixels, moments_of(crops.images.read(some).reshape(-1, 1)))
        poses = _add(poses, moments_of(crops.network_poses(some)))
        positives += int((crops.metric.read(some) > crops.release.threshold).sum())
    if pixels is None or poses is None:
        raise ValueError('got 0 rows for statistics, expected at least 1')
    return CropStatistics(
        count=poses.count,
        mean=float(pixels.mean[0]),
        std=float(pixels.std[0]),
        pose_mean=tuple(map(float, poses.mean)),
        pose_std=tuple(map(float, poses.std)),
        positives=positives / poses.count,
    )


def _add(total: Moments | None, more: Moments) -> Moments:
    return more if total is None else total.joined(more)


def _read(path: Path) -> StoredStatistics | None:
    try:
        return read_stored(StoredStatistics, path)
    except (FileNotFoundError, ValueError):
        return None
