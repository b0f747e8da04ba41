"""Training samples of crop networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dexnet_core.datasets.crops.augment import augment, Augmentation
from dexnet_core.datasets.crops.crop_set import CropSet
from dexnet_core.datasets.crops.crop_statistics import CropStatistics
import numpy as np
from numpy.typing import NDArray
import torch
from torch.utils.data import Dataset


class CropSample(NamedTuple):
    """A sample, or with a leading batch dimension a batch.

    Attributes:
        crop: (1, S, S) float32 depth, normalised by mean and standard deviation.
        pose: (k,) float32 depth and, for suction, approach angle, normalised in the same way; 0
            for a column with equal values. k is 0 in a set without poses.
        target: () float32, 1 for a good grasp, 0 for a bad grasp.
        metric: () float32 published quality.
    """

    crop: torch.Tensor
    pose: torch.Tensor
    target: torch.Tensor
    metric: torch.Tensor


class Crops(Dataset[CropSample]):
    """Rows of a data set as samples; noise and flips depend only on (seed, epoch, row).

    A DataLoader fetches whole batches with `__getitems__`, which is many times faster than
    single samples.

    Attributes:
        epoch: Set by the training loop before each epoch.
    """

    def __init__(
        self,
        crops: CropSet,
        rows: NDArray[np.int64],
        statistics: CropStatistics,
        augmentation: Augmentation | None = None,
        seed: int = 0,
    ) -> None:
        """Select rows.

        Args:
            crops: The data set.
            rows: (n,) row indices.
            statistics: Statistics for the normalisation of crops and poses.
            augmentation: Augmentation settings; None: no augmentation.
            seed: Seed of the augmentation.

        Raises:
            ValueError: All pixels are equal and cannot be normalised.
        """
        if not statistics.std > 0:
            got = f'{statistics.mean:.4g} m, a standard deviation of {statistics.std}'
            raise ValueError(f'{crops.root}: all pixels of {crops.release.image_field} are {got}')
        scale = np.where(statistics.constant, 1.0, statistics.pose_std)  # constants become 0
        self._pose_scale = scale.astype(np.float32)
        self._crops = crops
        self._rows = rows
        self._statistics = statistics
        self._augmentation = augmentation
        self._seed = seed
        self.epoch = 0

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> CropSample:
        return self.__getitems__([index])[0]

    def __getitems__(self, indices: Sequence[int]) -> list[CropSample]:
        """Return samples that share memory, for the collation of a DataLoader."""
        parts = (part.unbind(0) for part in self.batch(indices))
        return [CropSample(*sample) for sample in zip(*parts, strict=True)]

    def batch(self, indices: Sequence[int]) -> CropSample:
        """Return samples as one batch."""
        rows = self._rows[np.asarray(indices)]
        images = self._crops.images.read(rows)
        poses = self._crops.network_poses(rows)
        if self._augmentation:
            augment(images, poses, self._augmentation, (self._seed, self.epoch), rows)
        images -= np.float32(self._statistics.mean)
        images *= np.float32(1 / self._statistics.std)
        poses -= np.asarray(self._statistics.pose_mean, np.float32)
        poses /= self._pose_scale
        metric = self._crops.metric.read(rows)
        target = (metric > self._crops.release.threshold).astype(np.float32)
        parts = (images[:, None], poses, target, metric)
        return CropSample(*(torch.from_numpy(part) for part in parts))
