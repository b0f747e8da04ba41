"""Reader in the style of Dex-Net 5.0: all files in memory, one sample at a time.

It follows torch_dataset.py of Dex-Net 5.0 and serves only for comparison.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from dexnet_core.datasets.crops.release_files import Field, Source
from dexnet_core.datasets.crops.releases import ARRAY
from dexnet_core.io.files.atomic import read_arrays
import numpy as np
import torch
from torch.nn.functional import interpolate
from torch.utils.data import Dataset

_THREADS = 8
_NOISE = 0.005


class CropsInMemory(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """All crops in memory in half precision; noise is added after normalisation."""

    def __init__(self, source: Source, mean: float, std: float) -> None:
        self._images = _load(source, source.field('images'))
        self._metric = _load(source, source.field('metric')).float()
        self._mean = mean
        self._std = std

    def __len__(self) -> int:
        return len(self._metric)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        image = self._images[index].permute(2, 0, 1).float()
        image = (image - self._mean) / self._std
        side = image.shape[-1]
        grid = _NOISE * torch.randn(1, 1, side // 4, side // 4)
        noise = interpolate(grid, scale_factor=4.0, mode='bicubic')[0]
        image = image + noise * (image > 0).float()
        for axes in ((1, 2), (1,), (2,)):
            if np.random.rand() < 0.5:  # noqa: NPY002
                image = image.flip(axes)
        return image, self._metric[index]


def _load(source: Source, field: Field) -> torch.Tensor:
    def read(number: int) -> np.ndarray:
        return read_arrays(source.path(field, number), ARRAY)[0].astype(np.float16)

    with ThreadPoolExecutor(_THREADS) as threads:
        return torch.from_numpy(np.concatenate(list(threads.map(read, range(source.files)))))
