"""A data set of crops in memory: mapped arrays and what they mean."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dexnet_core.datasets.crops.disk_rows import DiskRows
from dexnet_core.datasets.crops.releases import Release
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class CropSet:
    """All crops of a data set; row n is the n-th crop of the published files.

    Attributes:
        root: Folder of the data set.
        cache: Folder of the mapped arrays.
        fingerprint: Of the files that they were made from.
        release: What the fields mean.
        images: (n, S, S) float32 metres; 0 where nothing was seen.
        poses: (n, pose_width) float32, every published column; None in a set without poses.
        metric: (n,) float32.
        labels: Pairs of a name (object_labels, pose_labels, image_labels or split) and its (n,)
            int32 numbers; only those that the data set has.
        dropped: (d,) rows that have no approach angle, in order.
    """

    root: Path
    cache: Path
    fingerprint: str
    release: Release
    images: DiskRows[np.float32]
    poses: DiskRows[np.float32] | None
    metric: DiskRows[np.float32]
    labels: tuple[tuple[str, DiskRows[np.int32]], ...]
    dropped: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.metric)

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """The rows that can be learned from, in order."""
        return np.delete(np.arange(len(self)), self.dropped)

    def label(self, name: str) -> NDArray[np.int32]:
        """Return the (n,) numbers of a label.

        Raises:
            ValueError: The data set does not have it.
        """
        for known, numbers in self.labels:
            if known == name:
                return numbers.read(np.arange(len(self)))
        stored = sorted(path.name for path in self.root.glob('splits/*') if path.is_dir())
        expected = ' or '.join([*stored, 'image'])
        got = f'{self.root} has no {name}, so it cannot be split by them'
        raise ValueError(f'{got}; expected the split {expected}')

    def network_poses(self, rows: NDArray[np.integer]) -> NDArray[np.float32]:
        """Return (n, k) of some rows: depth in metres and, for suction, approach in radians.

        k is 0 in a set without poses.
        """
        if self.poses is None:
            return np.zeros((len(rows), 0), np.float32)
        return self.poses.read(rows)[:, self.release.pose_columns]

    def require_poses(self, why: str) -> DiskRows[np.float32]:
        """Return the poses; refuse a set without them where something needs them.

        Raises:
            ValueError: The set has none; the message names the field, and says why.
        """
        if self.poses is None:
            raise ValueError(f'{self.root} lacks the field {self.release.pose_field}: {why}')
        return self.poses
