"""Comparison of networks on the same generated views, noise and candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from dexnet_core.datasets.views.candidates import draw_candidates, gripper_of_views, measured_view
from dexnet_core.datasets.views.stored_views import read_view, view_paths
from dexnet_core.evaluation.reports.candidate_scorers import (
    CandidateScorer,
    CandidateScores,
    Cost,
    cost_of,
    open_candidate_scorer,
)
from dexnet_core.evaluation.reports.crop_models import unique_names
from dexnet_core.evaluation.reports.pictures import draw_precision_recall
from dexnet_core.evaluation.reports.prediction_metrics import (
    fitted_accuracy,
    metrics_of,
    precision_interval,
    PredictionMetrics,
)
from dexnet_core.evaluation.reports.report_files import share, write_report
from dexnet_core.io.files.markdown import markdown_table
from dexnet_core.io.progress import Progress
from dexnet_core.simulation.scenes.noise import NoiseSettings
import numpy as np
from numpy.typing import NDArray

_SEEDS = 5_000_000


@dataclass(frozen=True)
class CompareConfig:
    """Configuration of the comparison.

    Attributes:
        gripper: `suction` or `jaw`.
        data: Folder of labelled views.
        models: Model files of any kind.
        trained: Training data of each network, as text for the table; empty or one per model.
        candidates: Number of candidates drawn from each validation view.
        views: Number of validation views, from the first; 0: all.
        seed: Seed of the draw of candidates.
        noise: Sensor noise of the views; default: that of training.

    Raises:
        ValueError: A count is too small, or the number of texts differs from that of models.
    """

    gripper: str
    data: Path
    models: tuple[Path, ...]
    trained: tuple[str, ...] = ()
    candidates: int = 64
    views: int = 0
    seed: int = 0
    noise: NoiseSettings = field(default_factory=NoiseSettings)

    def __post_init__(self) -> None:
        if self.candidates < 1 or self.views < 0:
            got = f'{self.candidates} candidates of {self.views} views'
            raise ValueError(f'{got}, expected at least 1 of 0 or more')
        if self.trained and len(self.trained) != len(self.models):
            got = f'{len(self.trained)} texts of training'
            raise ValueError(f'{got}, expected as many as the {len(self.models)} models')


class Compared(NamedTuple):
    """Results of one network.

    Attributes:
        name: Name of its file, without suffix.
        pose_inputs: Inputs of the network in addition to the crop.
        trained: Training data of the network; '' if not given.
        metrics: Metrics; the accuracy is that of `fitted_accuracy`.
        interval: 95 % interval of the average precision, by bootstrap over scenes.
        cost: Cost of the network alone.
    """

    name: str
    pose_inputs: tuple[str, ...]
    trained: str
    metrics: PredictionMetrics
    interval: tuple[float, float]
    cost: Cost


class _Scored(NamedTuple):
    """All n candidates: (n,) scene and (n,) label, and per scorer the scores of each view."""

    scenes: NDArray[np.int64]
    good: NDArray[np.bool_]
    of_scorer: list[list[CandidateScores]]


def compare(config: CompareConfig, folder: Path, progress: Progress) -> str:
    """Compare networks, write the report, and return its text.

    Args:
        config: Configuration of the comparison.
        folder: Output folder of report.md, report.json and pr.png.
        progress: Called with (views, description, total); yields them back.

    Raises:
        FileNotFoundError: A model file or the views do not exist.
        ValueError: A model cannot score these candidates, or no candidate is good.
    """
    gripper = gripper_of_views(config.data, config.gripper)
    names = unique_names(config.models)
    scorers = [open_candidate_scorer(path, gripper) for path in config.models]
    scored = _score(config, scorers, gripper.good, progress)
    if not scored.good.any():
        got = f'{len(scored.good)} candidates of {config.data}'
        raise ValueError(f'{got} include no good one, expected some: draw more')
    scores = {
        name: np.concatenate([view.quality for view in views])
        for name, views in zip(names, scored.of_scorer, strict=True)
    }
    rows = [_row(config, k, scorer, scores[names[k]], scored) for k, scorer in enumerate(scorers)]
    title = f'{config.gripper}: candidates in views of unseen objects'
    draw_precision_recall(folder / 'pr.png', scores, scored.good, title)
    facts = {'candidates': len(scored.good), 'networks': rows}
    return write_report(folder, _sections(config, rows, scored), facts)


def _score(
    config: CompareConfig, scorers: Sequence[CandidateScorer], good: float, progress: Progress
) -> _Scored:
    """Score the candidates of every view with every scorer."""
    paths = view_paths(config.data, 'val')[: config.views or None]
    scenes, labels = [], []
    of_scorer: list[list[CandidateScores]] = [[] for _ in scorers]
    for number in progress(range(len(paths)), 'views', len(paths)):
        stored = read_view(paths[number])
        segmented = measured_view(stored, config.noise, number)
        rng = np.random.default_rng((_SEEDS, config.seed, number))
        candidates = draw_candidates(stored, segmented, config.candidates, rng)
        if not len(candidates.quality):
            continue
        scene = int(paths[number].stem.split('_')[1])
        scenes.append(np.full(len(candidates.quality), scene))
        labels.append(candidates.quality > good)
        for scorer, views in zip(scorers, of_scorer, strict=True):
            views.append(scorer.score(segmented, candidates))
    if not labels:
        raise ValueError(f'{config.data} has no labelled pixel in {len(paths)} validation views')
    return _Scored(np.concatenate(scenes), np.concatenate(labels), of_scorer)


def _row(
    config: CompareConfig,
    number: int,
    scorer: CandidateScorer,
    quality: NDArray[np.float32],
    scored: _Scored,
) -> Compared:
    """Return the results of one network."""
    metrics = metrics_of(quality, scored.good, 0.5)
    accuracy = fitted_accuracy(quality, scored.good, scored.scenes % 2 == 0)
    path = config.models[number]
    return Compared(
        name=path.stem,
        pose_inputs=getattr(scorer.contract, 'pose_inputs', ()),
        trained=config.trained[number] if config.trained else '',
        metrics=replace(metrics, accuracy=accuracy),
        interval=precision_interval(quality, scored.good, scored.scenes),
        cost=cost_of(path, scored.of_scorer[number]),
    )


def _sections(config: CompareConfig, rows: Sequence[Compared], scored: _Scored) -> tuple[str, ...]:
    good, views = scored.good, len(scored.of_scorer[0])
    first = rows[0].metrics
    about = (
        f'{len(good)} candidates drawn at random from {views} views of '
        f'{len(np.unique(scored.scenes))} scenes with objects that were not used for training; '
        f'{share(first.positives)} are good. Predicting "bad" for all has an accuracy of '
        f'{share(first.always_negative)}. The threshold of each accuracy is fitted on one half of '
        'the scenes and applied to the other half, and vice versa. The interval after the average '
        'precision is the 95 % bootstrap interval over scenes. Candidates per second are those of '
        'the network alone, on one thread.'
    )
    poses = (
        'The column `pose inputs` lists the inputs of a crop network in addition to the '
        'crop. Without the depth of the gripper, all offsets of a jaw have the same input.'
    )
    head = ['network', 'average precision', 'accuracy', 'parameters', 'Mmult-adds per candidate']
    head += ['candidates per second', 'pose inputs', 'trained on']
    table = markdown_table(head, [_line(row) for row in rows])
    title = f'# Networks for {config.gripper}'
    return title, about, table, poses, '![precision and recall](pr.png)'


def _line(row: Compared) -> list[str]:
    low, high = row.interval
    return [
        row.name,
        f'{row.metrics.average_precision:.3f} ({low:.3f} to {high:.3f})',
        share(row.metrics.accuracy),
        f'{row.cost.parameters:,}',
        f'{row.cost.multiply_adds / 1e6:,.3f}',
        f'{row.cost.per_second:,.0f}',
        ', '.join(row.pose_inputs) or '-',
        row.trained or '-',
    ]
