"""The network this project is measured against: Dex-Net's, run over a whole image.

A plain statement of the published architecture (Dex-Net 2.0, section V; 18 million parameters,
one pooling) with its fully connected layers as convolutions, and of the high-resolution form
that runs it at every shift of its stride. For benchmarks only; the weights are random.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.functional import pad

_CROP = 32
_STRIDE = 2


class OriginalHighResolution(nn.Module):
    """Crop network to heat map: quality at every pixel of an image."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 64, 7, padding=3), nn.ReLU(),
            nn.Conv2d(64, 64, 5, padding=2), nn.ReLU(), nn.LocalResponseNorm(2),
            nn.MaxPool2d(_STRIDE),
            nn.Conv2d(64, 64, 3, padding=1), nn.ReLU(),
            nn.Conv2d(64, 64, 3, padding=1), nn.ReLU(), nn.LocalResponseNorm(2),
            nn.Conv2d(64, 1024, _CROP // _STRIDE), nn.ReLU(),
            nn.Conv2d(1024, 1024, 1), nn.ReLU(),
            nn.Conv2d(1024, 1, 1), nn.Sigmoid(),
        )  # fmt: skip

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Map (B, 1, H, W) to (B, 1, h, w), one value for each position of the crop."""
        rows, columns = (size - _CROP + 1 for size in images.shape[2:])
        quality = images.new_zeros((len(images), 1, rows + _STRIDE, columns + _STRIDE))
        for down in range(_STRIDE):
            for right in range(_STRIDE):
                shifted = pad(images, (-right, 0, -down, 0))
                part = self.layers(shifted)
                window = quality[:, :, down::_STRIDE, right::_STRIDE]
                window[:, :, : part.shape[2], : part.shape[3]] = part
        return quality[:, :, :rows, :columns]
