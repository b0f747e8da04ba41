"""Report of `dexnet pick`: success and clearing rates, failure reasons, and calibration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from dexnet_core.evaluation.reports.pictures import draw_reliability
from dexnet_core.evaluation.reports.prediction_metrics import Reliability, reliability
from dexnet_core.evaluation.reports.report_files import share, write_report
from dexnet_core.io.files.markdown import Cell, markdown_table
from dexnet_core.simulation.picking.round_records import Attempt, Round
from dexnet_core.simulation.picking.wilson_interval import Share, wilson
import numpy as np

_LEVELS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0)
"""Bin edges of the scores in the report."""
_ABOUT = (
    'Success: attempts that lifted and held an object. Cleared: objects that were picked before '
    'no further grasp was found or several attempts in a row failed. Both with 95 % intervals '
    '(Wilson). All planners had the same scenes, cameras and noise.'
)


class PickMetrics(NamedTuple):
    """Results of a planner in scenes of one kind.

    Attributes:
        rounds: Number of scenes.
        success: Share of successful attempts.
        cleared: Share of picked objects.
        reasons: Number of attempts by outcome.
        ends: Number of rounds by the reason of their end.
        planning_ms: Median and 95th percentile of the planning time.
    """

    rounds: int
    success: Share
    cleared: Share
    reasons: Mapping[str, int]
    ends: Mapping[str, int]
    planning_ms: tuple[float, float]


class ScoreMetrics(NamedTuple):
    """Agreement of scores with the success of attempts.

    Attributes:
        bins: Reliability of the scores as probabilities.
        levels: Bin of scores, number of attempts and success in each non-empty bin.
        better_half: Success of the half of the attempts with the higher scores.
    """

    bins: Reliability
    levels: Sequence[tuple[str, int, Share]]
    better_half: Share


def report_picking(folder: Path, rounds: Sequence[Round], title: str) -> str:
    """Write report.md, report.json and a picture of the calibration; return the text.

    Args:
        folder: Output folder; created if missing.
        rounds: At least one round; the scores of the planner of the first round are evaluated.
        title: Title of the report.
    """
    planners = list(dict.fromkeys(played.planner for played in rounds))
    kinds = list(dict.fromkeys(played.kind for played in rounds))
    metrics = {
        (kind, planner): metrics_of([r for r in rounds if (r.kind, r.planner) == (kind, planner)])
        for kind in kinds
        for planner in planners
    }
    sections = [f'# {title}', _ABOUT, _result_table(metrics), '## Outcomes']
    sections.append(_reason_table(metrics))
    facts: dict[str, object] = {f'{kind}: {who}': one for (kind, who), one in metrics.items()}
    attempts = [a for r in rounds if r.planner == planners[0] for a in r.attempts]
    if attempts:
        scores = scores_of(attempts)
        draw_reliability(folder / 'calibration.png', {planners[0]: scores.bins}, title)
        sections += _score_sections(planners[0], scores)
        facts['expected calibration error'] = scores.bins.expected_error
        facts['better half'] = scores.better_half
    return write_report(folder, sections, facts)


def metrics_of(rounds: Sequence[Round]) -> PickMetrics:
    """Return the metrics of the rounds of one planner."""
    attempts = [attempt for played in rounds for attempt in played.attempts]
    times = [attempt.planning_ms for attempt in attempts]
    return PickMetrics(
        len(rounds),
        wilson(sum(attempt.success for attempt in attempts), len(attempts)),
        wilson(sum(r.picked for r in rounds), sum(r.objects for r in rounds)),
        Counter(attempt.reason for attempt in attempts),
        Counter(played.end for played in rounds),
        tuple(np.percentile(times, (50, 95)).tolist()) if times else (np.nan, np.nan),
    )


def scores_of(attempts: Sequence[Attempt]) -> ScoreMetrics:
    """Return the score metrics of at least one attempt."""
    score = np.clip([attempt.score for attempt in attempts], 0, 1)
    held = np.array([attempt.success for attempt in attempts])
    place = np.digitize(score, _LEVELS[1:-1])
    levels = [
        (f'{low} to {high}', int((place == k).sum()), wilson(int(held[place == k].sum()), n))
        for k, (low, high) in enumerate(pairwise(_LEVELS))
        if (n := int((place == k).sum()))
    ]
    half = held[np.argsort(-score, kind='stable')[: (len(held) + 1) // 2]]
    return ScoreMetrics(reliability(score, held), levels, wilson(int(half.sum()), len(half)))


def _result_table(metrics: Mapping[tuple[str, str], PickMetrics]) -> str:
    head = ['scenes', 'planner', 'rounds', 'attempts', 'success', 'cleared', 'planning (95 %)']
    rows: list[list[Cell]] = [
        [
            kind,
            planner,
            one.rounds,
            sum(one.reasons.values()),
            _interval(one.success),
            _interval(one.cleared),
            '{:.0f} ms ({:.0f})'.format(*one.planning_ms) if one.reasons else '-',
        ]
        for (kind, planner), one in metrics.items()
    ]
    return markdown_table(head, rows)


def _reason_table(metrics: Mapping[tuple[str, str], PickMetrics]) -> str:
    rows = [
        [kind, planner, _counts(one.reasons), _counts(one.ends)]
        for (kind, planner), one in metrics.items()
    ]
    return markdown_table(['scenes', 'planner', 'attempts', 'rounds ended'], rows)


def _counts(counts: Mapping[str, int]) -> str:
    ranked = sorted(counts.items(), key=lambda item: -item[1])
    return ', '.join(f'{count} {name}' for name, count in ranked) or '-'


def _score_sections(planner: str, scores: ScoreMetrics) -> list[str]:
    rows: list[list[Cell]] = [
        [level, count, _interval(held)] for level, count, held in scores.levels
    ]
    error = f'{scores.bins.expected_error:.3f}'
    return [
        f'## Scores of {planner}',
        markdown_table(['score', 'attempts', 'success'], rows),
        f'Half with the higher scores: {_interval(scores.better_half)} success. Expected '
        f'calibration error: {error}.\n\n![calibration](calibration.png)',
    ]


def _interval(value: Share) -> str:
    if np.isnan(value.value):
        return '-'
    return f'{share(value.value)} ({100 * value.low:.1f} to {100 * value.high:.1f})'
