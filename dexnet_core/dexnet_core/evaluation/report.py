"""Tables of an evaluation, for people and for programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import pairwise
import json
from pathlib import Path

from dexnet_core.evaluation.scenes import NETWORK, SceneResult
from dexnet_core.files.atomic import write_text
import numpy as np

_HEIGHT_EDGES = (0.4, 0.6, 0.8, 1.0, 1.2)
_FOCAL_EDGES = (400, 600, 800, 1000)
_QUARTERS = 4


def write_report(folder: Path, results: Sequence[SceneResult], good: float) -> str:
    """Write `scenes.json` and `report.md`; return the text of the report."""
    text = report(results, good)
    write_text(folder / 'scenes.json', json.dumps([asdict(r) for r in results], indent=1) + '\n')
    write_text(folder / 'report.md', text)
    return text


def report(results: Sequence[SceneResult], good: float) -> str:
    """Return Markdown: the share of scenes in which each planner's first choice is good."""
    planners = list(results[0].worth) if results else [NETWORK]
    head = f'| scenes | number | {" | ".join(planners)} |\n|---|---|' + '---|' * len(planners)
    groups = {
        'all': results,
        **_binned('camera height {} to {} m', _HEIGHT_EDGES, lambda r: r.height, results),
        **_binned('focal length {} to {} px', _FOCAL_EDGES, lambda r: r.focal, results),
        **_quarters(results),
    }
    rows = [_row(title, group, planners, good) for title, group in groups.items()]
    unanswered = sum(result.status != 'OK' for result in results)
    return '\n'.join(
        [head, *rows, '', f'No answer from the network planner: {unanswered} scenes.', '']
    )


def _binned(
    title: str,
    edges: Sequence[float],
    value: Callable[[SceneResult], float],
    results: Sequence[SceneResult],
) -> dict[str, list[SceneResult]]:
    return {
        title.format(low, high): [r for r in results if low <= value(r) < high]
        for low, high in pairwise(edges)
    }


def _quarters(results: Sequence[SceneResult]) -> dict[str, list[SceneResult]]:
    """Return the results by what the network said of its choice, a quarter of them each."""
    ordered = sorted(results, key=lambda result: result.score)
    ends = [len(ordered) * k // _QUARTERS for k in range(_QUARTERS + 1)]
    parts = [ordered[begin:end] for begin, end in pairwise(ends) if end > begin]
    return {f"network's score {part[0].score:.2f} to {part[-1].score:.2f}": part for part in parts}


def _row(title: str, results: Sequence[SceneResult], planners: Sequence[str], good: float) -> str:
    cells = [title, str(len(results))]
    for planner in planners:
        shares = [result.worth[planner] > good for result in results]
        cells.append(f'{np.mean(shares):.1%}' if shares else '-')
    return f'| {" | ".join(cells)} |'
