"""Report on crop networks by gripper pose, for example with and without pose inputs."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from dexnet_core.evaluation.reports.crop_predictions import (
    CropPredictionConfig,
    CropPredictions,
    predict_crops,
)
from dexnet_core.evaluation.reports.model_report import THRESHOLD
from dexnet_core.evaluation.reports.pictures import CHANCE, draw_lines, Line
from dexnet_core.evaluation.reports.prediction_metrics import metrics_of, PredictionMetrics
from dexnet_core.evaluation.reports.report_files import share, write_report
from dexnet_core.io.files.markdown import Cell, markdown_table
from dexnet_core.io.progress import Progress
from dexnet_core.planning.grasp import GripperKind
import numpy as np
from numpy.typing import NDArray


class Part(NamedTuple):
    """Results for the crops whose pose is within a bin.

    Attributes:
        low: Lower end of the bin, in the displayed unit.
        high: Upper end of the bin.
        metrics: Name of each network to its metrics.
    """

    low: float
    high: float
    metrics: dict[str, PredictionMetrics]


def report_angles(
    config: CropPredictionConfig, folder: Path, progress: Progress, bins: int
) -> str:
    """Evaluate networks within bins of approach angle (suction) or gripper depth (jaw).

    Args:
        config: Models and data.
        folder: Output folder of report.md, report.json and angle.png.
        progress: Called with (steps, description, total); yields them back.
        bins: Number of bins, with about equally many crops.

    Returns:
        The text of the report.

    Raises:
        FileNotFoundError: A model file or the data set does not exist.
        ValueError: See `predict_crops`; or bins is not positive.
    """
    if bins < 1:
        raise ValueError(f'bins is {bins}, expected at least 1')
    predicted = predict_crops(config, progress)
    what, unit, values = _pose(predicted)
    parts = _parts(predicted, values, bins)
    title = 'Bins with equally many crops'
    labels = (f'{what} ({unit})', 'average precision', title)
    draw_lines(folder / 'angle.png', _curves(parts), labels, logarithmic=False)
    sections = [
        f'# {what.capitalize()}: {", ".join(predicted.scores)}',
        _pose_inputs(predicted),
        _table(parts, list(predicted.scores), f'{what} ({unit})'),
        f'![average precision over {what}](angle.png)',
    ]
    return write_report(folder, sections, {'pose': what, 'unit': unit, 'parts': parts})


def _pose(predicted: CropPredictions) -> tuple[str, str, NDArray[np.float64]]:
    """Return name, unit and (n,) values of the pose that crops are binned by."""
    predicted.crops.require_poses('crops are binned by it')
    poses = predicted.crops.network_poses(predicted.rows).astype(float)
    if predicted.crops.release.gripper is GripperKind.SUCTION:
        return 'approach angle', 'degrees', np.degrees(poses[:, 1])
    return 'gripper depth', 'm', poses[:, 0]


def _parts(predicted: CropPredictions, values: NDArray[np.float64], bins: int) -> list[Part]:
    """Evaluate each network within each bin; empty bins are omitted."""
    edges = np.unique(np.quantile(values, np.linspace(0, 1, bins + 1)))
    edges = edges if len(edges) > 1 else np.repeat(edges, 2)
    place = np.searchsorted(edges[1:-1], values, side='right')
    parts = []
    for k, (low, high) in enumerate(pairwise(edges)):
        inside = place == k
        if inside.any():
            metrics = {
                name: metrics_of(quality[inside], predicted.good[inside], THRESHOLD)
                for name, quality in predicted.scores.items()
            }
            parts.append(Part(float(low), float(high), metrics))
    return parts


def _curves(parts: list[Part]) -> dict[str, Line]:
    """Return the average precision of each network, and of chance, at the centre of each bin."""
    middles = [(part.low + part.high) / 2 for part in parts]
    names = list(parts[0].metrics)
    lines = {
        name: Line(middles, [part.metrics[name].average_precision for part in parts])
        for name in names
    }
    chance = [part.metrics[names[0]].positives for part in parts]
    return {**lines, CHANCE: Line(middles, chance)}


def _pose_inputs(predicted: CropPredictions) -> str:
    """Return a table of the pose inputs of each network."""
    rows = [
        [model.name, ', '.join(model.contract.pose_inputs) or 'none']
        for model in predicted.models
        if model.name in predicted.scores
    ]
    return markdown_table(['network', 'pose inputs'], rows)


def _table(parts: list[Part], names: list[str], what: str) -> str:
    rows: list[list[Cell]] = []
    for part in parts:
        first = part.metrics[names[0]]
        bounds = f'{part.low:.4g} to {part.high:.4g}'
        found = [part.metrics[name].average_precision for name in names]
        rows.append([bounds, first.count, share(first.positives), *found])
    return markdown_table([what, 'crops', 'good', *(f'AP of {name}' for name in names)], rows)
