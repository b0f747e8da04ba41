"""Report on crop networks: accuracy, calibration, worst objects and speed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from dexnet_core.evaluation.crop_network_speed import speed_table, SpeedRow, time_networks
from dexnet_core.evaluation.reports.crop_models import CropModel
from dexnet_core.evaluation.reports.crop_predictions import (
    CropPredictionConfig,
    CropPredictions,
    ONLY_TIMED,
    predict_crops,
)
from dexnet_core.evaluation.reports.pictures import (
    draw_lines,
    draw_precision_recall,
    draw_reliability,
    Line,
)
from dexnet_core.evaluation.reports.prediction_metrics import (
    metrics_by,
    metrics_of,
    PredictionMetrics,
    Reliability,
    reliability,
)
from dexnet_core.evaluation.reports.report_files import share, write_report
from dexnet_core.io.files.markdown import Cell, markdown_table
from dexnet_core.io.progress import Progress
import numpy as np

THRESHOLD = 0.5
"""Quality over which a crop is predicted as good; crop networks are binary classifiers."""

_WORST = 20
_FAR = 0.1
_BATCHES = (1, 16, 64, 256)
_BEYOND = (8, 24, 48)
"""Sides of the timed images, in pixels more than the largest crop."""
_ROUNDS = 1
"""Timed runs, as sliding windows are slow; `dexnet bench networks` can do more runs."""


def report_models(
    config: CropPredictionConfig, folder: Path, progress: Progress, timed: bool = True
) -> str:
    """Evaluate networks on validation crops, write the report, and return its text.

    Args:
        config: Models and data.
        folder: Output folder of report.md, report.json, pr.png, reliability.png and scaling.png.
        progress: Called with (steps, description, total); yields them back.
        timed: Whether to measure the speed.

    Raises:
        FileNotFoundError: A model file or the data set does not exist.
        ValueError: See `predict_crops`.
    """
    predicted = predict_crops(config, progress)
    metrics = {
        name: metrics_of(quality, predicted.good, THRESHOLD)
        for name, quality in predicted.scores.items()
    }
    bins = {
        name: reliability(quality, predicted.good) for name, quality in predicted.scores.items()
    }
    title = f'{predicted.crops.release.name}, {len(predicted.rows)} validation crops'
    draw_precision_recall(folder / 'pr.png', predicted.scores, predicted.good, title)
    draw_reliability(folder / 'reliability.png', bins, title)
    objects = _by_object(predicted)
    speed = _timed(predicted.models) if timed else []
    sections = [
        f'# Crop networks on {config.data.name}',
        _metrics(predicted, metrics),
        '![precision and recall](pr.png)',
        '## Calibration\n\n![reliability](reliability.png)',
        '## Normalisation\n\n' + _normalisation(predicted),
        *(_objects(name, found) for name, found in objects.items()),
        *_speed(speed, folder),
    ]
    facts = {'networks': metrics, 'reliability': _plain(bins), 'objects': objects}
    return write_report(folder, sections, {**facts, 'speed': [vars(row) for row in speed]})


def _metrics(predicted: CropPredictions, metrics: Mapping[str, PredictionMetrics]) -> str:
    """Return the section with the metrics of each network."""
    first = next(iter(metrics.values()))
    head = ['network', 'average precision', 'accuracy', 'calibration error']
    rows: list[list[Cell]] = [
        [name, m.average_precision, share(m.accuracy), m.calibration_error]
        for name, m in metrics.items()
    ]
    rows.append(['always bad', first.positives, share(first.always_negative), first.positives])
    good = predicted.crops.release.threshold
    about = (
        f'{first.count} validation crops, {share(first.positives)} of them good (metric over '
        f'{good}). A crop is predicted as good if its quality is over {THRESHOLD}.'
    )
    heatmaps = [model.name for model in predicted.models if model.contract.form == 'heatmap']
    if heatmaps:
        about += f' Heat maps are {ONLY_TIMED}: {", ".join(heatmaps)}.'
    return f'{about}\n\n{markdown_table(head, rows)}'


def _normalisation(predicted: CropPredictions) -> str:
    """Return mean and deviation of data and contracts, with a warning where they differ."""
    measured = predicted.statistics
    rows: list[list[Cell]] = [['training crops of this set', measured.mean, measured.std, '']]
    for model in predicted.models:
        mean, std = model.contract.mean, model.contract.std
        far = abs(mean - measured.mean) > _FAR * measured.std
        far |= abs(std - measured.std) > _FAR * measured.std
        rows.append([model.name, mean, std, '**differs: made for other data**' if far else ''])
    head = ['source', 'mean (m)', 'standard deviation (m)', '']
    return markdown_table(head, rows)


def _by_object(predicted: CropPredictions) -> dict[str, dict[int, PredictionMetrics]]:
    """Return the metrics of each network per object; empty if there are no object labels."""
    if 'object_labels' not in dict(predicted.crops.labels):
        return {}
    labels = predicted.crops.label('object_labels')[predicted.rows]
    return {
        name: metrics_by(labels, quality, predicted.good, THRESHOLD)
        for name, quality in predicted.scores.items()
    }


def _objects(name: str, metrics: Mapping[int, PredictionMetrics]) -> str:
    """Return a table of the worst objects; objects without a good crop are last."""

    def worst(item: tuple[int, PredictionMetrics]) -> tuple[float, float]:
        return np.nan_to_num(item[1].average_precision, nan=2.0), item[1].accuracy

    rows: list[list[Cell]] = [
        [label, m.count, share(m.positives), m.average_precision, share(m.accuracy)]
        for label, m in sorted(metrics.items(), key=worst)[:_WORST]
    ]
    head = ['object', 'crops', 'good', 'average precision', 'accuracy']
    listed = (
        f'{len(rows)} lowest of {len(metrics)} objects'
        if len(rows) < len(metrics)
        else 'all objects'
    )
    return f'## Objects: {name}\n\nAverage precision, {listed}:\n\n{markdown_table(head, rows)}'


def _timed(models: Sequence[CropModel]) -> list[SpeedRow]:
    usable = [model for model in models if not model.contract.pose_inputs]
    largest = max((model.contract.crop for model in usable), default=0)
    sides = [largest + more for more in _BEYOND]
    return time_networks([model.path for model in usable], _BATCHES, sides, _ROUNDS)


def _speed(rows: Sequence[SpeedRow], folder: Path) -> list[str]:
    """Draw time over candidates and return the section; empty if nothing was timed."""
    if not rows:
        return []

    def key(row: SpeedRow) -> str:
        return f'{row.network}, {row.how}'

    lines = {
        name: Line([row.candidates for row in timed], [1e3 * row.seconds for row in timed])
        for name, group in groupby(rows, key)
        for timed in [list(group)]
    }
    labels = ('places evaluated', 'milliseconds on two threads', 'Run time')
    draw_lines(folder / 'scaling.png', lines, labels, logarithmic=True)
    about = (
        'One run each, after one warm-up run. '
        'Networks with pose inputs are not timed, as they need more than an image.'
    )
    return [f'## Speed\n\n{about}\n\n{speed_table(rows)}\n\n![speed](scaling.png)']


def _plain(bins: Mapping[str, Reliability]) -> dict[str, dict[str, list[float]]]:
    """Return the bins as lists for JSON."""
    return {
        name: {field: values.tolist() for field, values in vars(found).items()}
        for name, found in bins.items()
    }
