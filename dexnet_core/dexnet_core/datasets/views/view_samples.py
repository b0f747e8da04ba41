"""Training samples of dense networks: a noisy metric view and the quality of its cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from dexnet_core.datasets.views.stored_views import LabelledView, read_view
from dexnet_core.planning.contracts.view_contract import JawCells, ModelContract
from dexnet_core.planning.perception.metric_view import CHANNELS, metric_view, MetricView, PixelBox
from dexnet_core.simulation.scenes.noise import measure, NoiseSettings
import numpy as np
from numpy.typing import NDArray
import torch
from torch.utils.data import Dataset


class ViewSample(NamedTuple):
    """A sample, or with a leading batch dimension a batch.

    Attributes:
        view: (CHANNELS, S, S) float32 metric view.
        quality: (channels, S / stride, S / stride) float32 robust quality; 0 on table and bin, NaN
            where there is no label.
    """

    view: torch.Tensor
    quality: torch.Tensor


@dataclass(frozen=True)
class SampleSettings:
    """Settings of the conversion from stored views to samples.

    Attributes:
        side: Side of the square metric view in pixels.
        depth_jitter: Maximum relative error of the reference depth.
        noise: Sensor noise.
        fresh: Fraction of the samples with newly drawn noise, instead of the stored noisy depth.
    """

    side: int = 256
    depth_jitter: float = 0.15
    noise: NoiseSettings = field(default_factory=NoiseSettings)
    fresh: float = 0.3


class ViewSamples(Dataset[ViewSample]):
    """Stored views as samples; noise, crop and flips depend only on (seed, epoch, index)."""

    def __init__(
        self,
        paths: Sequence[Path],
        contract: ModelContract,
        settings: SampleSettings,
        seed: int,
    ) -> None:
        self._paths = list(paths)
        self._contract = contract
        self._settings = settings
        self._seed = seed
        self.epoch = 0

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: int) -> ViewSample:
        rng = np.random.default_rng((self._seed, self.epoch, index))
        view, quality = self._crop(read_view(self._paths[index]), rng)
        turns, flip = int(rng.integers(4)), int(rng.integers(2))
        quality = _turned_channels(quality, self._contract.jaw, turns, flip)
        return ViewSample(*(_turned(image, turns, flip) for image in (view, quality)))

    def _crop(
        self, stored: LabelledView, rng: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return a noisy square view around a random labelled pixel, and its cells' quality."""
        pixels, quality = stored.labels
        quality = quality.reshape(len(quality), channels_of(self._contract)).astype(np.float32)
        if not len(pixels):
            pixels = np.array([[stored.camera.width // 2, stored.camera.height // 2]])
            quality = np.full((1, quality.shape[1]), np.nan, np.float32)
        reference = _reference_depth(stored) * (
            1 + rng.uniform(-1, 1) * self._settings.depth_jitter
        )
        centre = pixels[rng.integers(len(pixels))].astype(int)
        box = self._box(stored, reference, centre)
        depth = self._measured(stored, box, rng)
        view = metric_view(depth, stored.camera, reference, self._contract, box)
        cells, values = cell_labels(view, pixels, quality)
        square, target = self._fitted(view, cells, values)
        rows, columns = _some_background(view, stored, target.shape[1:], len(cells), rng)
        target[:, rows, columns] = 0
        return square, target

    def _measured(
        self, stored: LabelledView, box: PixelBox, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Return the measured depth (H, W) in metres inside a box; 0 outside."""
        depth = np.zeros_like(stored.depth)
        if rng.random() >= self._settings.fresh:
            depth[box.slices] = stored.seen[box.slices]
            return depth
        noise, focal = self._settings.noise, stored.camera.fx
        depth[box.slices] = measure(stored.depth[box.slices], focal, noise, rng)
        return depth

    def _box(self, stored: LabelledView, reference: float, centre: NDArray[np.int64]) -> PixelBox:
        """Return the box of pixels around a centre that covers the metric view."""
        camera, step = stored.camera, self._contract.metres_per_pixel
        half = [
            int(self._settings.side * step * f / reference / 2) for f in (camera.fx, camera.fy)
        ]
        low = np.maximum(centre - half, 0)
        high = np.minimum(centre + half, (camera.width, camera.height))
        return PixelBox(*map(int, (*low, *high)))

    def _fitted(
        self, view: MetricView, cells: NDArray[np.int64], quality: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Crop or pad the view to the square and write the labels into its cells."""
        side = self._settings.side
        square = np.zeros((CHANNELS, side, side), np.float32)
        _, h, w = view.tensor[0, :, :side, :side].shape
        square[:, :h, :w] = view.tensor[0, :, :side, :side]
        small = side // self._contract.stride
        target = np.full((quality.shape[1], small, small), np.nan, np.float32)
        inside = ((cells >= 0) & (cells < small)).all(axis=1)
        target[:, cells[inside, 1], cells[inside, 0]] = quality[inside].T
        return square, target


def cell_labels(
    view: MetricView, pixels: NDArray[np.integer], quality: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return cells (n, 2) as (column, row) and the quality of the pixels inside the box."""
    box = view.box
    inside = ((pixels >= box[:2]) & (pixels < box[2:])).all(axis=1)
    cells = np.round(view.grid.cells_of_pixels(pixels[inside])).astype(int)
    return cells, quality[inside]


def _some_background(
    view: MetricView,
    stored: LabelledView,
    shape: tuple[int, int],
    count: int,
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return rows and columns of up to `count` random cells on table or bin."""
    rows, columns = (rng.integers(side, size=2 * count) for side in shape)
    u, v = np.round(view.grid.pixels_of_cells(np.column_stack([columns, rows]))).astype(int).T
    inside = (u < view.box.u1) & (v < view.box.v1)
    u, v = np.where(inside, u, 0), np.where(inside, v, 0)
    shown = np.flatnonzero(inside & ~stored.object_mask[v, u] & (stored.depth[v, u] > 0))[:count]
    return rows[shown], columns[shown]


def _reference_depth(stored: LabelledView) -> float:
    chosen = stored.object_mask if stored.object_mask.any() else stored.depth > 0
    return float(np.median(stored.depth[chosen]))


def _turned(image: NDArray[np.float32], turns: int, flip: int) -> torch.Tensor:
    turned = np.rot90(image, turns, axes=(1, 2))
    return torch.from_numpy(np.ascontiguousarray(turned[..., ::-1] if flip else turned))


def channels_of(contract: ModelContract) -> int:
    """Return the number of quality channels of a cell."""
    return contract.jaw.channels if contract.jaw else 1


def _turned_channels(
    quality: NDArray[np.float32], jaw: JawCells | None, turns: int, flip: int
) -> NDArray[np.float32]:
    """Permute the channels to the closing directions after rotation and flip of the image."""
    if jaw is None:
        return quality
    angles = np.arange(jaw.angles)
    before = (-angles if flip else angles) + turns * jaw.angles // 2
    by_angle = quality.reshape(jaw.angles, len(jaw.offsets), *quality.shape[1:])
    return by_angle[before % jaw.angles].reshape(quality.shape)
