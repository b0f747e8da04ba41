"""The report on networks of crops: how often they are right, about what, and how fast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from dexnet_core.evaluation.crop_network_speed import speed_table, SpeedRow, time_networks
from dexnet_core.evaluation.reports.crop_models import CropModel
from dexnet_core.evaluation.reports.crop_predictions import (
    ask,
    CropAnswers,
    CropQuestion,
    ONLY_TIMED,
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
from dexnet_core.evaluation.reports.report_files import Cell, markdown_table, share, write_report
from dexnet_core.io.progress import Progress
import numpy as np

THRESHOLD = 0.5
"""Quality over which a network of crops says good: it is trained to tell good from bad."""

_WORST = 20
_FAR = 0.1
_BATCHES = (1, 16, 64, 256)
_BEYOND = (8, 24, 48)
"""Pixels that the images that are timed are larger by than the largest crop."""
_ROUNDS = 1
"""Sliding windows take long; `dexnet bench networks` measures as often as is asked for."""


def report_models(
    question: CropQuestion, folder: Path, progress: Progress, timed: bool = True
) -> str:
    """Ask networks about validation crops, write the report, and return its text.

    Args:
        question: What is asked.
        folder: Where report.md, report.json, pr.png, reliability.png and scaling.png are written.
        progress: Called with (steps, description, total); yields them back.
        timed: Whether speed is measured.

    Raises:
        FileNotFoundError: A model file or the data set does not exist.
        ValueError: As of `ask`.
    """
    answers = ask(question, progress)
    metrics = {
        name: metrics_of(quality, answers.good, THRESHOLD)
        for name, quality in answers.scores.items()
    }
    bins = {name: reliability(quality, answers.good) for name, quality in answers.scores.items()}
    title = f'{answers.crops.release.name}, {len(answers.rows)} validation crops'
    draw_precision_recall(folder / 'pr.png', answers.scores, answers.good, title)
    draw_reliability(folder / 'reliability.png', bins, title)
    objects = _by_object(answers)
    speed = _timed(answers.models) if timed else []
    sections = [
        f'# Networks of crops on {question.data.name}',
        _metrics(answers, metrics),
        '![precision and recall](pr.png)',
        '## Calibration\n\n![reliability](reliability.png)',
        '## Normalisation\n\n' + _normalisation(answers),
        *(_objects(name, found) for name, found in objects.items()),
        *_speed(speed, folder),
    ]
    facts = {'networks': metrics, 'reliability': _plain(bins), 'objects': objects}
    return write_report(folder, sections, {**facts, 'speed': [vars(row) for row in speed]})


def _metrics(answers: CropAnswers, metrics: Mapping[str, PredictionMetrics]) -> str:
    """Return how often each network is right."""
    first = next(iter(metrics.values()))
    head = ['network', 'average precision', 'accuracy', 'calibration error']
    rows: list[list[Cell]] = [
        [name, m.average_precision, share(m.accuracy), m.calibration_error]
        for name, m in metrics.items()
    ]
    rows.append(['always bad', first.positives, share(first.always_negative), first.positives])
    good = answers.crops.release.threshold
    about = (
        f'{first.count} validation crops, {share(first.positives)} of them good (metric over '
        f'{good}). A network says good from a quality of {THRESHOLD} on.'
    )
    heatmaps = [model.name for model in answers.models if model.contract.form == 'heatmap']
    if heatmaps:
        about += f' Heat maps are {ONLY_TIMED}: {", ".join(heatmaps)}.'
    return f'{about}\n\n{markdown_table(head, rows)}'


def _normalisation(answers: CropAnswers) -> str:
    """Return mean and deviation of data and contracts, and a warning where these differ."""
    measured = answers.statistics
    rows: list[list[Cell]] = [['the training crops here', measured.mean, measured.std, '']]
    for model in answers.models:
        mean, std = model.contract.mean, model.contract.std
        far = abs(mean - measured.mean) > _FAR * measured.std
        far |= abs(std - measured.std) > _FAR * measured.std
        rows.append([model.name, mean, std, '**differs: made for other data**' if far else ''])
    head = ['of', 'mean (m)', 'standard deviation (m)', '']
    return markdown_table(head, rows)


def _by_object(answers: CropAnswers) -> dict[str, dict[int, PredictionMetrics]]:
    """Return the metrics of each network on each object, nothing without labels of objects."""
    if 'object_labels' not in dict(answers.crops.labels):
        return {}
    labels = answers.crops.label('object_labels')[answers.rows]
    return {
        name: metrics_by(labels, quality, answers.good, THRESHOLD)
        for name, quality in answers.scores.items()
    }


def _objects(name: str, metrics: Mapping[int, PredictionMetrics]) -> str:
    """Return the objects that a network is worst at; those without a good crop come last."""

    def worst(item: tuple[int, PredictionMetrics]) -> tuple[float, float]:
        return np.nan_to_num(item[1].average_precision, nan=2.0), item[1].accuracy

    rows: list[list[Cell]] = [
        [label, m.count, share(m.positives), m.average_precision, share(m.accuracy)]
        for label, m in sorted(metrics.items(), key=worst)[:_WORST]
    ]
    head = ['object', 'crops', 'good', 'average precision', 'accuracy']
    shown = f'the worst {len(rows)} of {len(metrics)}' if len(rows) < len(metrics) else 'all'
    return f'## Objects: {name}\n\nAverage precision, {shown}:\n\n{markdown_table(head, rows)}'


def _timed(models: Sequence[CropModel]) -> list[SpeedRow]:
    usable = [model for model in models if not model.contract.pose_inputs]
    largest = max((model.contract.crop for model in usable), default=0)
    sides = [largest + more for more in _BEYOND]
    return time_networks([model.path for model in usable], _BATCHES, sides, _ROUNDS)


def _speed(rows: Sequence[SpeedRow], folder: Path) -> list[str]:
    """Draw how time grows and return the section, nothing where nothing was timed."""
    if not rows:
        return []

    def key(row: SpeedRow) -> str:
        return f'{row.network}, {row.how}'

    lines = {
        name: Line([row.candidates for row in own], [1e3 * row.seconds for row in own])
        for name, group in groupby(rows, key)
        for own in [list(group)]
    }
    labels = ('places evaluated', 'milliseconds on two threads', 'How time grows')
    draw_lines(folder / 'scaling.png', lines, labels, logarithmic=True)
    about = (
        'One run each, after one that is not counted. '
        'Networks with pose inputs are not timed: they need more than an image.'
    )
    return [f'## Speed\n\n{about}\n\n{speed_table(rows)}\n\n![speed](scaling.png)']


def _plain(bins: Mapping[str, Reliability]) -> dict[str, dict[str, list[float]]]:
    """Return bins as lists."""
    return {
        name: {field: values.tolist() for field, values in vars(found).items()}
        for name, found in bins.items()
    }
