"""Plots of reports, drawn without a display."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from dexnet_core.evaluation.reports.prediction_metrics import Reliability
from dexnet_core.io.files.atomic import atomic_path
from dexnet_core.training.metrics import average_precision, precision_recall
from matplotlib.axes import Axes
from matplotlib.figure import Figure
import numpy as np
from numpy.typing import NDArray

_SIZE = (6.4, 4.8)
_DPI = 130
_MARKS = 'os^Dv<>*'
_GREY: dict[str, Any] = {'color': 'grey', 'ls': ':'}

CHANCE = 'chance'
"""Name of the line of a random predictor; it is drawn in grey."""


class Line(NamedTuple):
    """Points of a line: (n,) each."""

    x: Sequence[float]
    y: Sequence[float]


def draw_precision_recall(
    path: Path, scores: Mapping[str, NDArray[np.floating]], good: NDArray[np.bool_], title: str
) -> None:
    """Draw the precision-recall curves of all models for the same labels; at least one is good."""
    figure = Figure(figsize=_SIZE, layout='constrained')
    axes = figure.subplots()
    for name, quality in scores.items():
        curve = precision_recall(quality, good)
        found = average_precision(quality, good)
        axes.plot(curve.recall, curve.precision, label=f'{name} (average precision {found:.3f})')
    positives = float(good.mean())
    axes.axhline(positives, label=f'{CHANCE} ({positives:.3f})', **_GREY)
    axes.set(xlabel='recall', ylabel='precision', xlim=(0, 1), ylim=(0, 1.02), title=title)
    _finish(path, figure, axes)


def draw_reliability(path: Path, found: Mapping[str, Reliability], title: str) -> None:
    """Draw the observed share over the predicted quality, and a histogram of predictions."""
    figure = Figure(figsize=(6.4, 6.4), layout='constrained')
    axes, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    axes.plot([0, 1], [0, 1], label='calibrated', **_GREY)
    edges = np.linspace(0, 1, len(next(iter(found.values())).count) + 1)
    for mark, (name, bins) in zip(_MARKS, found.items(), strict=False):
        label = f'{name} (expected error {bins.expected_error:.3f})'
        axes.plot(bins.predicted, bins.observed, marker=mark, label=label)
        below.stairs(bins.count, edges)
    axes.set(ylabel='share of good ones', xlim=(0, 1), ylim=(0, 1), title=title)
    below.set(xlabel='predicted quality', ylabel='predictions', yscale='log')
    below.set_ylim(bottom=0.8)
    below.grid(alpha=0.3)
    _finish(path, figure, axes)


def draw_lines(
    path: Path, lines: Mapping[str, Line], labels: tuple[str, str, str], logarithmic: bool
) -> None:
    """Draw named lines.

    Args:
        path: Output file.
        lines: Name to points.
        labels: Label of the x axis, label of the y axis, and title.
        logarithmic: Whether both axes are logarithmic.
    """
    figure = Figure(figsize=_SIZE, layout='constrained')
    axes = figure.subplots()
    for k, (name, line) in enumerate(lines.items()):
        style: dict[str, Any] = _GREY if name == CHANCE else {'marker': _MARKS[k % len(_MARKS)]}
        axes.plot(line.x, line.y, label=name, **style)
    axes.set(xlabel=labels[0], ylabel=labels[1], title=labels[2])
    if logarithmic:
        axes.set(xscale='log', yscale='log')
    else:
        axes.set_ylim(bottom=0)
    _finish(path, figure, axes)


def draw_maps(
    path: Path, depth: NDArray[np.floating], maps: Mapping[str, NDArray[np.floating]]
) -> None:
    """Draw a depth image, two heat maps of it and their difference.

    Args:
        path: Output file.
        depth: (H, W) depth relative to the level of the view, metres, of the area of the maps.
        maps: Two names to (h, w) quality in [0, 1]; the difference is the first minus the second.
    """
    (first, one), (second, other) = maps.items()
    most = max(float(np.abs(one - other).max()), 1e-3)
    values = (min(one.min(), other.min()), max(one.max(), other.max()))
    depths = tuple(np.percentile(depth, (2, 98)))
    panels = [
        ('depth relative to the level of the view', depth, 'viridis_r', depths, 'metres'),
        (first, one, 'magma', values, 'quality'),
        (second, other, 'magma', values, 'quality'),
        (f'{first} minus {second}', one - other, 'RdBu_r', (-most, most), 'quality'),
    ]
    figure = Figure(figsize=(10, 8), layout='constrained')
    for axes, (title, image, colours, limits, unit) in zip(
        figure.subplots(2, 2).ravel(), panels, strict=True
    ):
        drawn = axes.imshow(image, cmap=colours, vmin=limits[0], vmax=limits[1])
        axes.set(title=title, xticks=[], yticks=[])
        figure.colorbar(drawn, ax=axes, label=unit, shrink=0.8)
    _save(path, figure)


def _finish(path: Path, figure: Figure, axes: Axes) -> None:
    axes.grid(alpha=0.3, which='both')
    axes.legend(fontsize='small')
    _save(path, figure)


def _save(path: Path, figure: Figure) -> None:
    with atomic_path(path) as scratch:
        figure.savefig(scratch, dpi=_DPI)
