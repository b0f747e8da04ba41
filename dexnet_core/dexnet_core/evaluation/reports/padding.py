"""Comparison of a heat map network with its crop network: effect of zero padding.

The convolutions of a crop network pad the crop with zeros. In the fully convolutional form they
see the surrounding image instead. With the same weights, the outputs of the two forms differ.
"""

from __future__ import annotations

from dataclasses import dataclass, field
import math
from pathlib import Path
from typing import NamedTuple

from dexnet_core.datasets.views.candidates import gripper_of_views, measured_view, ViewGripper
from dexnet_core.datasets.views.stored_views import LabelledView, read_view, view_paths
from dexnet_core.evaluation.reports.crop_models import CropModel, open_crop_models
from dexnet_core.evaluation.reports.pictures import draw_maps, draw_precision_recall
from dexnet_core.evaluation.reports.report_files import write_report
from dexnet_core.evaluation.sliding_window import slide
from dexnet_core.io.files.markdown import Cell, markdown_table
from dexnet_core.io.progress import Progress
from dexnet_core.planning.contracts.crop_contract import CropContract
from dexnet_core.planning.perception.cells import CellGrid
from dexnet_core.planning.perception.crop import filled
from dexnet_core.planning.perception.object_image import level_of, object_image
from dexnet_core.planning.perception.segment import SegmentedImage
from dexnet_core.simulation.scenes.noise import NoiseSettings
from dexnet_core.training.metrics import average_precision
import numpy as np
from numpy.typing import NDArray

_LARGEST = 160
"""Largest side of the compared images, pixels; of larger scenes only the centre is used."""

_REMEDY = (
    'To reduce the difference, train the converted weights further in heat map form, on crops of '
    '52 pixels or more with their surroundings (`config/train/dexnet4_suction_fcgqcnn.yaml`, '
    'model `DexNetFCGQCNN`, with the converted file as `training.weights`).'
)

Map = NDArray[np.float32]


@dataclass(frozen=True)
class PaddingConfig:
    """Configuration of the comparison.

    Attributes:
        gripper: `suction` or `jaw`.
        data: Folder of labelled views.
        crop: Model file in crop form, without pose inputs.
        heatmap: Model file in heat map form.
        views: Number of validation views.
        noise: Sensor noise of the views.

    Raises:
        ValueError: views is less than 1.
    """

    gripper: str
    data: Path
    crop: Path
    heatmap: Path
    views: int = 5
    noise: NoiseSettings = field(default_factory=NoiseSettings)

    def __post_init__(self) -> None:
        if self.views < 1:
            raise ValueError(f'views is {self.views}, expected at least 1')


class MapPair(NamedTuple):
    """Two heat maps of one view, with its labels.

    Attributes:
        image: (h * stride, w * stride) depth relative to the level, metres, of the cells.
        single: (h, w) quality by the crop network.
        whole: (h, w) quality by the heat map network.
        cells: (2, n) row and column of the labels.
        good: (n,) whether they are good.
    """

    image: Map
    single: Map
    whole: Map
    cells: NDArray[np.int64]
    good: NDArray[np.bool_]


class Difference(NamedTuple):
    """Difference between heat maps, in units of quality, over all cells.

    Attributes:
        mean: Mean absolute difference.
        p95: 95th percentile of the absolute difference.
        most: Largest absolute difference.
        correlation: Pearson correlation; NaN if a map is constant.
    """

    mean: float
    p95: float
    most: float
    correlation: float


def difference(one: NDArray[np.floating], other: NDArray[np.floating]) -> Difference:
    """Compare the cells of two maps of equal shape."""
    apart = np.abs(one - other)
    with np.errstate(invalid='ignore', divide='ignore'):
        correlation = np.corrcoef(one.ravel(), other.ravel())[0, 1]
    p95 = np.percentile(apart, 95)
    return Difference(*map(float, (apart.mean(), p95, apart.max(), correlation)))


def report_padding(config: PaddingConfig, folder: Path, progress: Progress) -> str:
    """Compare the two forms, write the report, and return its text.

    Args:
        config: Configuration of the comparison.
        folder: Output folder of report.md, report.json, maps.png and pr.png.
        progress: Called with (views, description, total); yields them back.

    Raises:
        FileNotFoundError: A model file or the views do not exist.
        ValueError: The files are not of these forms, differ in scale, or do not match the views.
    """
    gripper = gripper_of_views(config.data, config.gripper)
    crop, heatmap = open_crop_models((config.crop, config.heatmap), gripper.release.gripper)
    _require_pair(crop, heatmap)
    paths = view_paths(config.data, 'val')[: config.views]
    pairs = []
    for number in progress(range(len(paths)), 'views', len(paths)):
        stored = read_view(paths[number])
        segmented = measured_view(stored, config.noise, number)
        if segmented.objects.any():
            pairs.append(_pair(stored, segmented, (crop, heatmap), gripper))
    if not pairs:
        raise ValueError(f'{config.data}: {len(paths)} validation views show no object')
    return _written(folder, pairs, (crop.name, heatmap.name), config)


def _require_pair(crop: CropModel, heatmap: CropModel) -> None:
    first, second = crop.contract, heatmap.contract
    if first.form != 'crop' or first.pose_inputs or second.form != 'heatmap':
        got = f'{crop.path} and {heatmap.path} are {first.form} and {second.form}'
        raise ValueError(f'{got}, expected crop without pose inputs, and heatmap')
    if (first.scale, first.mean, first.std) != (second.scale, second.mean, second.std):
        raise ValueError(
            f'{crop.path} and {heatmap.path} differ in scale, mean or std, see their contracts'
        )


def _pair(
    stored: LabelledView,
    segmented: SegmentedImage,
    models: tuple[CropModel, CropModel],
    gripper: ViewGripper,
) -> MapPair:
    """Run both networks on one upright image of the objects."""
    crop, heatmap = models
    stride = heatmap.contract.stride
    image, grid = _image(segmented, crop.contract, stride)
    normalised = (image / np.float32(crop.contract.std)).astype(np.float32)
    single = slide(crop.session.run, normalised, crop.contract.crop, stride)
    whole = heatmap.session.run(normalised[None, None])[0, 0]
    rim = (crop.contract.crop - stride) // 2
    covered = image[rim : len(image) - rim, rim : len(image) - rim]
    return MapPair(covered, single, whole, *_labels(stored, gripper, grid, whole.shape))


def _image(segmented: SegmentedImage, contract: CropContract, stride: int) -> tuple[Map, CellGrid]:
    """Return the depth relative to the level at the scale of the crops, metres, and its cells."""
    place = object_image(segmented, contract.metres_per_pixel)
    reach = max(place.size.max(), 2 * stride)
    further = math.ceil(min(reach, _LARGEST - contract.crop) / stride)
    whole = filled(segmented.depth)
    (image,) = place.images(whole, segmented, np.zeros(1), further * stride + contract.crop)
    level = level_of(whole, segmented, contract.scale)
    return image - np.float32(level), place.grid(further + 1, stride)


def _labels(
    stored: LabelledView, gripper: ViewGripper, grid: CellGrid, shape: tuple[int, int]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return (2, n) cells of the labels and (n,) whether they are good.

    For a jaw, the label is the best offset of the upright closing direction.
    """
    pixels, quality = stored.labels
    quality = quality[:, 0].max(axis=1) if gripper.jaw else quality
    column, row = np.round(grid.cells_of_pixels(pixels)).astype(int).T
    inside = (row >= 0) & (column >= 0) & (row < shape[0]) & (column < shape[1])
    return np.stack([row, column])[:, inside], quality[inside] > gripper.good


def _written(
    folder: Path, pairs: list[MapPair], names: tuple[str, str], config: PaddingConfig
) -> str:
    """Draw the maps of the first view and the curves of all labels, and write the report."""
    of_views = _scores(pairs, names)
    good = np.concatenate([pair.good for pair in pairs])
    singles, wholes = (np.concatenate([pair[k].ravel() for pair in pairs]) for k in (1, 2))
    found = difference(singles, wholes)
    draw_maps(folder / 'maps.png', pairs[0].image, dict(zip(names, pairs[0][1:3], strict=True)))
    rows: list[list[Cell]] = [['all cells', len(singles), *found]]
    sections = [f'# {names[1]} compared with {names[0]} at the same places of {len(pairs)} views']
    head = ['', 'cells', 'mean difference', '95 %', 'maximum', 'correlation']
    sections += [markdown_table(head, rows), '![heat maps](maps.png)']
    precision = {}
    if good.any():
        draw_precision_recall(folder / 'pr.png', of_views, good, f'{len(good)} labelled cells')
        precision = {name: average_precision(q, good) for name, q in of_views.items()}
        sections.append(markdown_table(['network', 'average precision'], list(precision.items())))
        sections.append('![precision and recall](pr.png)')
    sections.append(_REMEDY)
    facts = {'difference': found, 'average_precision': precision, 'data': config.data.name}
    return write_report(folder, sections, facts)


def _scores(pairs: list[MapPair], names: tuple[str, str]) -> dict[str, NDArray[np.float32]]:
    """Return the quality of each network at all labels."""
    return {
        name: np.concatenate([pair[k][tuple(pair.cells)] for pair in pairs])
        for k, name in enumerate(names, start=1)
    }
