"""Report on the agreement of labels, proposals and evaluators with simulated trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from dexnet_core.datasets.trials.trial_samples import trial_inputs, TrialInputs
from dexnet_core.datasets.views.stored_views import view_paths
from dexnet_core.evaluation.reports.pictures import draw_precision_recall, draw_reliability
from dexnet_core.evaluation.reports.prediction_metrics import reliability
from dexnet_core.evaluation.reports.report_files import share, write_report
from dexnet_core.io.files.markdown import Cell, markdown_table
from dexnet_core.io.progress import Progress
from dexnet_core.planning.contracts.evaluator_contracts import (
    EvaluatorContract,
    JawEvaluatorContract,
)
from dexnet_core.planning.networks.mirrors import mean_over_mirrors, Run
from dexnet_core.planning.planners.loading import load_evaluator
import numpy as np
from numpy.typing import NDArray
from scipy.stats import mannwhitneyu

LABEL, PROPOSAL, EVALUATOR = 'label', 'proposal', 'evaluator'
MIRRORED = 'evaluator, mean over mirror images'
"""Sources of a quality: the analytic label on the exact meshes, and the networks."""

_GOOD_JAW, _GOOD_CUP = 0.4027, 0.2
"""Quality above which a label is good."""
_TILTS = (0, 5, 15, 30, 60, 90)
"""Bin edges of the approach's angle from straight down, degrees."""


class Agreement(NamedTuple):
    """Agreement of a quality with the success of trials.

    Attributes:
        right: Share of trials that are predicted correctly, if "good" means over the threshold.
        held_if_good: Success among the trials predicted as good.
        held_if_bad: Success among the trials predicted as bad.
        ranked: Share of pairs of a successful and a failed trial in which the successful one has
            the higher quality (area under the ROC curve).
    """

    right: float
    held_if_good: float
    held_if_bad: float
    ranked: float


def report_trials(folder: Path, data: Path, model: Path, progress: Progress) -> str:
    """Write report.md, report.json and pictures of the validation trials; return the text.

    Args:
        folder: Output folder; created if missing.
        data: Folder of trials.
        model: ONNX file of the evaluator.
        progress: Called with (paths, description, total); yields them back.

    Raises:
        FileNotFoundError: There are no trials, or the model does not exist.
        ValueError: The model is no grasp evaluator.
    """
    evaluator = load_evaluator(model)
    contract = evaluator.contract
    paths = view_paths(data, 'val')
    views = [trial_inputs(path, contract) for path in progress(paths, 'trials', len(paths))]
    held, quality = _together(views, contract, evaluator.run)
    good = _GOOD_JAW if isinstance(contract, JawEvaluatorContract) else _GOOD_CUP
    thresholds = {LABEL: good, PROPOSAL: 0.5, EVALUATOR: 0.5, MIRRORED: 0.5}
    found = {name: agreement(quality[name], held, thresholds[name]) for name in thresholds}
    tilt = np.degrees(np.arccos(np.clip(np.concatenate([v.down_z for v in views]), -1, 1)))
    bins = reliability(quality[EVALUATOR], held)
    draw_precision_recall(folder / 'precision.png', quality, held, 'simulated trials')
    draw_reliability(folder / 'calibration.png', {contract.name: bins}, 'simulated trials')
    sections = [
        f'# {len(held)} trials of {contract.name}, {share(float(held.mean()))} held',
        _table(found, thresholds),
        _best_of_views(quality, held, [len(view.held) for view in views]),
        _by_tilt(quality[EVALUATOR], held, tilt),
        f'Expected calibration error of the evaluator: {bins.expected_error:.3f}.',
        '![precision](precision.png)\n\n![calibration](calibration.png)',
    ]
    return write_report(folder, sections, {'trials': len(held), **found})


def agreement(
    quality: NDArray[np.floating], held: NDArray[np.bool_], threshold: float
) -> Agreement:
    """Compare (n,) qualities with the success of trials; a share of no trials is NaN."""
    good = quality > threshold
    ranked = np.nan
    if held.any() and not held.all():
        wins = mannwhitneyu(quality[held], quality[~held]).statistic
        ranked = float(wins / held.sum() / (~held).sum())
    return Agreement(float((good == held).mean()), _mean(held[good]), _mean(held[~good]), ranked)


def _mean(values: NDArray[np.bool_]) -> float:
    return float(values.mean()) if len(values) else np.nan


def _together(
    views: Sequence[TrialInputs], contract: EvaluatorContract, run: Run
) -> tuple[NDArray[np.bool_], dict[str, NDArray[np.float64]]]:
    """Return the (n,) success, and each (n,) quality, of the trials of all views."""
    full = [view for view in views if len(view.held)]
    score = contract.context.index('score')
    return np.concatenate([view.held for view in full]), {
        LABEL: np.concatenate([view.quality for view in full]).astype(float),
        PROPOSAL: np.concatenate([view.context[:, score] for view in full]).astype(float),
        EVALUATOR: np.concatenate([run(view.patches, view.context) for view in full]),
        MIRRORED: np.concatenate(
            [mean_over_mirrors(run, view.patches, view.context, contract.context) for view in full]
        ),
    }


def _best_of_views(
    quality: Mapping[str, NDArray[np.floating]], held: NDArray[np.bool_], sizes: Sequence[int]
) -> str:
    """Return a table with the share of views whose best trial held, for each quality.

    Args:
        quality: (n,) quality of the trials of all views, by name.
        held: (n,) whether a trial held.
        sizes: Number of trials of each view; views without trials do not count.
    """
    ends = np.cumsum([size for size in sizes if size])[:-1]
    outcomes = np.split(held, ends)
    rows: list[list[Cell]] = [['any trial', share(float(np.mean([o.any() for o in outcomes])))]]
    for name, values in quality.items():
        views = zip(outcomes, np.split(values, ends), strict=True)
        best = [outcome[value.argmax()] for outcome, value in views]
        rows.append([name, share(float(np.mean(best)))])
    return markdown_table(['best in each view by', f'held, {len(outcomes)} views'], rows)


def _table(found: Mapping[str, Agreement], thresholds: Mapping[str, float]) -> str:
    head = [
        'quality',
        'good over',
        'correct',
        'held if predicted good',
        'held if predicted bad',
        'pairs ranked right',
    ]
    rows: list[list[Cell]] = [
        [name, thresholds[name], *map(share, metrics)] for name, metrics in found.items()
    ]
    return markdown_table(head, rows)


def _by_tilt(
    quality: NDArray[np.floating], held: NDArray[np.bool_], tilt: NDArray[np.floating]
) -> str:
    rows: list[list[Cell]] = []
    for low, high in pairwise(_TILTS):
        inside = (tilt >= low) & (tilt < high)
        if inside.any():
            metrics = agreement(quality[inside], held[inside], 0.5)
            shares = map(share, (float(held[inside].mean()), metrics.right, metrics.ranked))
            rows.append([f'{low} to {high}', int(inside.sum()), *shares])
    head = [
        'degrees from straight down',
        'trials',
        'held',
        'evaluator correct',
        'pairs ranked right',
    ]
    return markdown_table(head, rows)
