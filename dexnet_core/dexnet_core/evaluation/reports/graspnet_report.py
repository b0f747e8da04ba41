"""The report of GraspNet's benchmark: average precision by friction, for each planner."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
import math
from pathlib import Path
from typing import NamedTuple

from dexnet_core.evaluation.graspnet_benchmark import FRICTIONS, TOP
from dexnet_core.evaluation.graspnet_scenes import SceneScore, ViewScore
from dexnet_core.evaluation.reports.pictures import draw_lines, Line
from dexnet_core.evaluation.reports.report_files import markdown_table, share, write_report
import numpy as np
from numpy.typing import NDArray

_RESAMPLED = 1000
_PERCENT = (2.5, 97.5)


class PlannerMetrics(NamedTuple):
    """What a planner is worth on many scenes; all are shares.

    Attributes:
        average_precision: Mean over scenes, views, frictions and k.
        interval: Two ends that hold 95 % of what other scenes of the kind would give; NaN where
            there is a single one.
        by_friction: (frictions,) average precision at each.
        first: (frictions,) views in which the best grasp holds at each.
        colliding: Grasps that collide or have nothing between their fingers.
        counted: Grasps of a view that the benchmark looked at, in the mean.
    """

    average_precision: float
    interval: tuple[float, float]
    by_friction: tuple[float, ...]
    first: tuple[float, ...]
    colliding: float
    counted: float


def report_graspnet(folder: Path, scores: Sequence[SceneScore]) -> str:
    """Write report.md, report.json and a picture for each split; return the text.

    Args:
        folder: Made where it is missing.
        scores: Of at least one scene; those of a split are together.
    """
    sections, facts = ["# GraspNet's benchmark", _ABOUT], {}
    for split, group in groupby(scores, lambda score: score.split):
        scenes = list(group)
        metrics = {name: metrics_of(scenes, name) for name in scenes[0].views}
        _draw(folder / f'precision_{split}.png', scenes, split)
        views = sum(len(next(iter(scene.views.values()))) for scene in scenes)
        sections.append(
            f'## {split}: {len(scenes)} scenes, {views} views\n\n{_table(metrics.items())}\n\n'
            f'![precision of the k best](precision_{split}.png)'
        )
        facts[split] = {'scenes': len(scenes), 'views': views, 'planners': metrics}
    return write_report(folder, sections, facts)


def metrics_of(scenes: Sequence[SceneScore], planner: str) -> PlannerMetrics:
    """Return what a planner is worth; scenes count alike, as do the views of a scene."""
    curves = curves_of(scenes, planner)
    of_scene = curves.mean(axis=(1, 2))
    views = [view for scene in scenes for view in scene.views[planner]]
    counted = sum(view.counted for view in views)
    return PlannerMetrics(
        float(of_scene.mean()),
        _interval(of_scene),
        tuple(curves.mean(axis=(0, 1)).tolist()),
        tuple(curves[:, 0].mean(axis=0).tolist()),
        sum(view.colliding for view in views) / counted if counted else math.nan,
        counted / len(views),
    )


def curves_of(scenes: Sequence[SceneScore], planner: str) -> NDArray[np.float64]:
    """Return (scenes, TOP, frictions) precision of the k best, in the mean of a scene's views."""
    return np.stack([_mean_curve(scene.views[planner]) for scene in scenes])


def _interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return where the mean of as many values would be, drawn again and again from these."""
    if len(values) < 2:
        return math.nan, math.nan
    size = (_RESAMPLED, len(values))
    means = np.random.default_rng(0).choice(values, size).mean(axis=1)
    low, high = np.percentile(means, _PERCENT)
    return float(low), float(high)


def _mean_curve(views: Sequence[ViewScore]) -> NDArray[np.float64]:
    curve: NDArray[np.float64] = np.mean([view.precision for view in views], axis=0)
    return curve


def _table(planners: Iterable[tuple[str, PlannerMetrics]]) -> str:
    head = ['planner', 'AP (95 %)', *(f'AP {mu}' for mu in FRICTIONS)]
    head += ['best grasp holds at 0.4', 'at 0.8', 'colliding', 'grasps']
    rows = []
    for name, metrics in planners:
        low, high = (100 * end for end in metrics.interval)
        ap = f'{100 * metrics.average_precision:.2f}'
        if math.isfinite(low):
            ap += f' ({low:.2f} to {high:.2f})'
        first = [share(metrics.first[FRICTIONS.index(mu)]) for mu in (0.4, 0.8)]
        rows.append([name, ap, *(f'{100 * value:.2f}' for value in metrics.by_friction)])
        rows[-1] += [*first, share(metrics.colliding), f'{metrics.counted:.1f}']
    return markdown_table(head, rows)


def _draw(path: Path, scenes: Sequence[SceneScore], split: str) -> None:
    best = list(range(1, TOP + 1))
    lines = {
        name: Line(best, curves_of(scenes, name).mean(axis=(0, 2)).tolist())
        for name in scenes[0].views
    }
    title = f'{split}, {len(scenes)} scenes, mean over friction {FRICTIONS[0]} to {FRICTIONS[-1]}'
    draw_lines(path, lines, ('k best grasps', 'share that holds', title), logarithmic=False)


_ABOUT = (
    'AP: precision of the k best grasps, k = 1 to 50, in percent; missing grasps count as bad. '
    'A grasp holds at a friction if nothing is in the gripper, something is between its fingers '
    'and both contacts are in the friction cone. Grasps: those of a view that the benchmark looks '
    'at, ten of an object at most, so that views of fewer than five objects stay below 100; '
    'colliding: of these. All planners are given the same cloud.'
)
