"""A crop network at every place of an image: slow, and what heat maps are measured against."""

from __future__ import annotations

from typing import NamedTuple

from dexnet_core.models.gqcnn import CROP, DexNetFCGQCNN, DexNetGQCNN, QualityNetwork, STRIDE
import torch


@torch.no_grad()
def sliding_window(
    network: QualityNetwork, images: torch.Tensor, stride: int = 1, chunk: int = 512
) -> torch.Tensor:
    """Run a crop network on all crops of images.

    Args:
        network: Maps (n, 1, 32, 32) to (n,) quality.
        images: (B, 1, H, W), H and W at least 32.
        stride: Pixels from one crop to the next.
        chunk: Crops that are in memory at once; at least a row of crops is.

    Returns:
        (B, 1, h, w) quality; (r, c) is that of the crop whose first pixel is stride * (r, c).
    """
    windows = images.unfold(2, CROP, stride).unfold(3, CROP, stride)[:, 0]
    batch, _, columns = windows.shape[:3]
    rows = [
        network(part.reshape(-1, 1, CROP, CROP)).reshape(batch, -1, columns)
        for part in windows.split(max(1, chunk // (batch * columns)), dim=1)
    ]
    return torch.cat(rows, dim=1)[:, None]


class MapDifference(NamedTuple):
    """How far two heat maps are apart, in units of quality, over all cells.

    Attributes:
        mean: Mean absolute difference.
        p95: 95th percentile of the absolute difference.
        most: Greatest absolute difference.
        correlation: Pearson's; NaN where a map is constant.
    """

    mean: float
    p95: float
    most: float
    correlation: float


@torch.no_grad()
def heatmap_difference(
    network: DexNetFCGQCNN, crop_network: DexNetGQCNN, images: torch.Tensor
) -> MapDifference:
    """Measure how far a heat map is from the crop network run at the same places.

    The two differ even with converted weights: the crop network's convolutions see zeros at
    the border of every crop, those of the heat map see the image go on.

    Args:
        network: Of stride 2.
        crop_network: Without pose inputs.
        images: (B, 1, H, W) normalised depth, H and W at least 32.
    """
    return map_difference(network(images), sliding_window(crop_network, images, STRIDE))


def map_difference(got: torch.Tensor, expected: torch.Tensor) -> MapDifference:
    """Compare two heat maps of any, equal shape.

    Raises:
        ValueError: The shapes differ.
    """
    if got.shape != expected.shape:
        raise ValueError(f'maps are {tuple(got.shape)} and {tuple(expected.shape)}')
    got, expected = got.flatten().double(), expected.flatten().double()
    apart = (got - expected).abs()
    correlation = torch.corrcoef(torch.stack([got, expected]))[0, 1]
    p95 = apart.kthvalue(max(1, round(0.95 * len(apart)))).values
    return MapDifference(*map(float, (apart.mean(), p95, apart.max(), correlation)))
