"""Report of the GraspNet benchmark: average precision by friction, for each planner."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
import math
from pathlib import Path
from typing import NamedTuple

from dexnet_core.evaluation.graspnet_benchmark import FRICTIONS, TOP
from dexnet_core.evaluation.graspnet_scenes import SceneScore, ViewScore
from dexnet_core.evaluation.reports.pictures import draw_lines, Line
from dexnet_core.evaluation.reports.report_files import share, write_report
from dexnet_core.io.files.markdown import markdown_table
import numpy as np
from numpy.typing import NDArray

_RESAMPLED = 1000
_PERCENT = (2.5, 97.5)


class PlannerMetrics(NamedTuple):
    """Metrics of a planner over many scenes, as shares in [0, 1].

    Attributes:
        average_precision: Mean over scenes, views, frictions and k.
        interval: 95 % bootstrap interval over scenes; NaN for a single scene.
        by_friction: (frictions,) average precision at each coefficient.
        first: (frictions,) share of views whose best grasp is stable at each coefficient.
        colliding: Share of evaluated grasps that collide or have nothing between their fingers.
        counted: Mean number of evaluated grasps per view (a count, not a share).
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
        folder: Output folder; created if missing.
        scores: Results of at least one scene, grouped by split.
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
    """Return the metrics of a planner; scenes have equal weights, as have the views of a scene."""
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
    """Return (scenes, TOP, frictions) precision of the k best grasps, averaged over views."""
    return np.stack([_mean_curve(scene.views[planner]) for scene in scenes])


def _interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the mean; NaN for fewer than two values."""
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
    draw_lines(path, lines, ('k best grasps', 'share of stable grasps', title), logarithmic=False)


_ABOUT = (
    'AP: precision of the k best grasps, averaged over k = 1 to 50, in percent; missing grasps '
    'count as failures. A grasp holds at a friction coefficient if the gripper does not collide, '
    'there are points between its fingers, and both contact normals are within the friction cone. '
    'Grasps: mean number of evaluated grasps per view, at most ten per object; the AP of views '
    'with fewer than five objects is therefore below 100. Colliding: share of the evaluated '
    'grasps. All planners have the same input cloud.'
)
