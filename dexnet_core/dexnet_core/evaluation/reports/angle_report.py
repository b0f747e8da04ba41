"""How networks do over the pose of the gripper, such as those that are told it and those not."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from dexnet_core.evaluation.reports.crop_predictions import ask, CropAnswers, CropQuestion
from dexnet_core.evaluation.reports.model_report import THRESHOLD
from dexnet_core.evaluation.reports.pictures import CHANCE, draw_lines, Line
from dexnet_core.evaluation.reports.prediction_metrics import metrics_of, PredictionMetrics
from dexnet_core.evaluation.reports.report_files import Cell, markdown_table, share, write_report
from dexnet_core.io.progress import Progress
from dexnet_core.planning.grasp import Gripper
import numpy as np
from numpy.typing import NDArray


class Part(NamedTuple):
    """Crops whose pose is within a bin.

    Attributes:
        low: Least value of the pose, in the unit shown.
        high: Greatest value.
        metrics: Name of each network to its metrics.
    """

    low: float
    high: float
    metrics: dict[str, PredictionMetrics]


def report_angles(question: CropQuestion, folder: Path, progress: Progress, bins: int) -> str:
    """Evaluate networks within bins of approach angle (suction) or depth of the gripper (jaw).

    Args:
        question: What is asked; one model file or more.
        folder: Where report.md, report.json and angle.png are written.
        progress: Called with (steps, description, total); yields them back.
        bins: Number of bins, with about equally many crops.

    Returns:
        The text of the report.

    Raises:
        FileNotFoundError: A model file or the data set does not exist.
        ValueError: As of `ask`, or bins is not positive.
    """
    if bins < 1:
        raise ValueError(f'bins is {bins}, expected at least 1')
    answers = ask(question, progress)
    what, unit, values = _pose(answers)
    parts = _parts(answers, values, bins)
    title = 'At the middle of bins of equally many crops'
    labels = (f'{what} ({unit})', 'average precision', title)
    draw_lines(folder / 'angle.png', _curves(parts), labels, logarithmic=False)
    sections = [
        f'# {what.capitalize()}: {", ".join(answers.scores)}',
        _told(answers),
        _table(parts, list(answers.scores), f'{what} ({unit})'),
        f'![average precision over {what}](angle.png)',
    ]
    return write_report(folder, sections, {'pose': what, 'unit': unit, 'parts': parts})


def _pose(answers: CropAnswers) -> tuple[str, str, NDArray[np.float64]]:
    """Return name, unit and (n,) values of what crops are told apart by."""
    answers.crops.require_poses('crops are told apart by it')
    poses = answers.crops.network_poses(answers.rows).astype(float)
    if answers.crops.release.gripper is Gripper.SUCTION:
        return 'approach angle', 'degrees', np.degrees(poses[:, 1])
    return 'depth of the gripper', 'm', poses[:, 0]


def _parts(answers: CropAnswers, values: NDArray[np.float64], bins: int) -> list[Part]:
    """Evaluate each network within each bin; bins without any crop are left out."""
    edges = np.unique(np.quantile(values, np.linspace(0, 1, bins + 1)))
    edges = edges if len(edges) > 1 else np.repeat(edges, 2)
    place = np.searchsorted(edges[1:-1], values, side='right')
    parts = []
    for k, (low, high) in enumerate(pairwise(edges)):
        own = place == k
        if own.any():
            metrics = {
                name: metrics_of(quality[own], answers.good[own], THRESHOLD)
                for name, quality in answers.scores.items()
            }
            parts.append(Part(float(low), float(high), metrics))
    return parts


def _curves(parts: list[Part]) -> dict[str, Line]:
    """Return average precision of each network, and of guessing, over the middle of each bin."""
    middles = [(part.low + part.high) / 2 for part in parts]
    names = list(parts[0].metrics)
    lines = {
        name: Line(middles, [part.metrics[name].average_precision for part in parts])
        for name in names
    }
    chance = [part.metrics[names[0]].positives for part in parts]
    return {**lines, CHANCE: Line(middles, chance)}


def _told(answers: CropAnswers) -> str:
    """Return what each network knows of the pose."""
    rows = [
        [model.name, ', '.join(model.contract.pose_inputs) or 'nothing']
        for model in answers.models
        if model.name in answers.scores
    ]
    return markdown_table(['network', 'told of the pose'], rows)


def _table(parts: list[Part], names: list[str], what: str) -> str:
    rows: list[list[Cell]] = []
    for part in parts:
        first = part.metrics[names[0]]
        bounds = f'{part.low:.4g} to {part.high:.4g}'
        found = [part.metrics[name].average_precision for name in names]
        rows.append([bounds, first.count, share(first.positives), *found])
    return markdown_table([what, 'crops', 'good', *(f'AP of {name}' for name in names)], rows)
