"""A data set of crops as mapped arrays."""

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
        fingerprint: Fingerprint of the source files.
        release: Definition of the fields.
        images: (n, S, S) float32 depth in metres; 0 where there is no measurement.
        poses: (n, pose_width) float32, all published columns; None in a set without poses.
        metric: (n,) float32 quality.
        labels: Pairs of a name (object_labels, pose_labels, image_labels or split) and (n,) int32
            numbers; only the labels of the data set.
        dropped: (d,) rows without an approach angle, ascending.
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
        """Usable rows, ascending."""
        return np.delete(np.arange(len(self)), self.dropped)

    def label(self, name: str) -> NDArray[np.int32]:
        """Return the numbers (n,) of a label.

        Raises:
            ValueError: The data set does not have the label.
        """
        for known, numbers in self.labels:
            if known == name:
                return numbers.read(np.arange(len(self)))
        stored = sorted(path.name for path in self.root.glob('splits/*') if path.is_dir())
        expected = ' or '.join([*stored, 'image'])
        got = f'{self.root} has no {name}, which this split requires'
        raise ValueError(f'{got}; expected the split {expected}')

    def network_poses(self, rows: NDArray[np.integer]) -> NDArray[np.float32]:
        """Return the pose inputs (n, k) of rows: depth in metres and, for suction, approach angle.

        The angle is in radians. k is 0 in a set without poses.
        """
        if self.poses is None:
            return np.zeros((len(rows), 0), np.float32)
        return self.poses.read(rows)[:, self.release.pose_columns]

    def require_poses(self, why: str) -> DiskRows[np.float32]:
        """Return the poses.

        Args:
            why: Reason for the error message.

        Raises:
            ValueError: The set has no poses; the message contains the field and the reason.
        """
        if self.poses is None:
            raise ValueError(f'{self.root} lacks the field {self.release.pose_field}: {why}')
        return self.poses
