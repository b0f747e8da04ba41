"""Results of a replay: a Markdown report, and one JSON line per frame."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
import json
from typing import Any, NamedTuple

from dexnet_core.io.bags.replaying import Replayed
from dexnet_core.io.files.markdown import markdown_table
from dexnet_core.io.files.plan_files import plan_to_json
from dexnet_core.planning.grasp import PlanStatus
import numpy as np

_MOST_REASONS = 12


class Outcome(NamedTuple):
    """Result of one frame in the report.

    Attributes:
        status: Status of the plan.
        message: Reason why there is no grasp; empty if there are grasps.
        grasps: Number of grasps.
        best: Score of the best grasp; 0 without grasps.
        ms: Total planning time in milliseconds; 0 if the planner did not run.
        stages: Milliseconds by stage.
        refused: Number of refused candidates by filter.
    """

    status: PlanStatus
    message: str
    grasps: int
    best: float
    ms: float
    stages: dict[str, float]
    refused: dict[str, int]


def outcome_of(replayed: Replayed) -> Outcome:
    """Return the result of a frame for the report."""
    plan = replayed.plan
    return Outcome(
        plan.status,
        plan.message,
        len(plan.grasps),
        max((grasp.score for grasp in plan.grasps), default=0.0),
        plan.times.total_ms,
        dict(plan.times),
        dict(plan.refused),
    )


def json_line(replayed: Replayed) -> str:
    """Return a plan as one JSON line: number and stamp of the frame, and keys of grasps.json."""
    values = plan_to_json(replayed.header_plan, replayed.frame_id)
    stamps = {'number': replayed.frame.number, 'stamp_ns': replayed.stamp_ns}
    return json.dumps(stamps | values) + '\n'


def replay_report(facts: Sequence[tuple[str, Any]], outcomes: Sequence[Outcome]) -> str:
    """Return the report as Markdown.

    Args:
        facts: Name and value of the first rows, such as the bag and the planner.
        outcomes: Results of the frames that were planned on.
    """
    ran = [outcome for outcome in outcomes if outcome.ms > 0]
    found = [outcome for outcome in outcomes if outcome.grasps]
    rows = [
        *facts,
        ('frames planned on', len(outcomes)),
        ('frames with a grasp', _share(len(found), len(outcomes))),
        ('grasps per frame, median and most', _middle([o.grasps for o in outcomes], 'd', 100)),
        ('best score, median of frames with one', _middle([o.best for o in found], '.2f', None)),
        ('planning ms, median and 95 %', _middle([o.ms for o in ran], '.1f', 95)),
    ]
    parts = [markdown_table(('replay', ''), rows)]
    stages = _stages(ran)
    if stages:
        parts.append(markdown_table(('stage', 'ms, median', '95 %'), stages))
    states = Counter(outcome.status.name for outcome in outcomes)
    parts.append(markdown_table(('status', 'frames'), states.most_common()))
    reasons = Counter(outcome.message for outcome in outcomes if outcome.message)
    if reasons:
        parts.append(markdown_table(('reason', 'frames'), reasons.most_common(_MOST_REASONS)))
    filters: Counter[str] = Counter()
    for outcome in outcomes:
        filters.update(outcome.refused)
    if filters.total():
        refused = [(name, count) for name, count in filters.most_common() if count]
        parts.append(markdown_table(('candidates refused by', 'number'), refused))
    return '\n\n'.join(parts) + '\n'


def _stages(outcomes: Sequence[Outcome]) -> list[tuple[str, str, str]]:
    rows = []
    for stage in dict.fromkeys(name for outcome in outcomes for name in outcome.stages):
        times = [outcome.stages[stage] for outcome in outcomes if stage in outcome.stages]
        rows.append((stage, f'{np.median(times):.1f}', f'{np.percentile(times, 95):.1f}'))
    return rows


def _middle(values: Sequence[float], form: str, high: int | None) -> str:
    """Return the median and optionally a percentile as text; '-' without values."""
    if not values:
        return '-'
    shown = [np.median(values)] + ([] if high is None else [np.percentile(values, high)])
    return ', '.join(format(round(v) if form == 'd' else float(v), form) for v in shown)


def _share(part: int, whole: int) -> str:
    return f'{part} ({part / whole:.0%})' if whole else '0'
