"""One table of all networks: the same generated views, the same noise, the same candidates."""

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
from dexnet_core.evaluation.reports.report_files import markdown_table, share, write_report
from dexnet_core.io.progress import Progress
from dexnet_core.simulation.scenes.noise import NoiseSettings
import numpy as np
from numpy.typing import NDArray

_SEEDS = 5_000_000


@dataclass(frozen=True)
class CompareConfig:
    """What is compared.

    Attributes:
        gripper: `suction` or `jaw`.
        data: Folder of labelled views.
        models: Model files of any kind.
        trained: What each network was trained on, for the table; empty or one for each.
        candidates: Drawn from every validation view.
        views: Validation views, from the first on; 0 for all.
        seed: Decides which candidates.
        noise: What the camera of the views does; that of training by default.

    Raises:
        ValueError: A count is too small, or the texts are not as many as the models.
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
    """One network of the comparison.

    Attributes:
        name: Of its file, without the ending.
        pose_inputs: What it is told of the pose beside a crop.
        trained: What it was trained on, if that was said.
        metrics: At a threshold of its own, see `fitted_accuracy`.
        interval: 95 % interval of average precision, by drawing scenes anew.
        cost: What it takes, the network alone.
    """

    name: str
    pose_inputs: tuple[str, ...]
    trained: str
    metrics: PredictionMetrics
    interval: tuple[float, float]
    cost: Cost


class _Answers(NamedTuple):
    """All candidates (n,) of all views: scene, whether good, and the answers of each scorer."""

    scenes: NDArray[np.int64]
    good: NDArray[np.bool_]
    of_scorer: list[list[CandidateScores]]


def compare(config: CompareConfig, folder: Path, progress: Progress) -> str:
    """Compare networks, write the report, and return its text.

    Args:
        config: What to compare.
        folder: Where report.md, report.json and pr.png are written.
        progress: Called with (views, description, total); yields them back.

    Raises:
        FileNotFoundError: A model file or the views do not exist.
        ValueError: A model cannot score these candidates, or none of them is good.
    """
    gripper = gripper_of_views(config.data, config.gripper)
    names = unique_names(config.models)
    scorers = [open_candidate_scorer(path, gripper) for path in config.models]
    answers = _ask(config, scorers, gripper.good, progress)
    if not answers.good.any():
        got = f'{len(answers.good)} candidates of {config.data}'
        raise ValueError(f'{got} hold no good one, expected some: draw more')
    scores = {
        name: np.concatenate([one.quality for one in said])
        for name, said in zip(names, answers.of_scorer, strict=True)
    }
    rows = [_row(config, k, scorer, scores[names[k]], answers) for k, scorer in enumerate(scorers)]
    title = f'{config.gripper}: candidates of views of unseen objects'
    draw_precision_recall(folder / 'pr.png', scores, answers.good, title)
    facts = {'candidates': len(answers.good), 'networks': rows}
    return write_report(folder, _sections(config, rows, answers), facts)


def _ask(
    config: CompareConfig, scorers: Sequence[CandidateScorer], good: float, progress: Progress
) -> _Answers:
    """Let every scorer see the candidates of every view."""
    paths = view_paths(config.data, 'val')[: config.views or None]
    scenes, truths = [], []
    said: list[list[CandidateScores]] = [[] for _ in scorers]
    for number in progress(range(len(paths)), 'views', len(paths)):
        stored = read_view(paths[number])
        observed = measured_view(stored, config.noise, number)
        rng = np.random.default_rng((_SEEDS, config.seed, number))
        candidates = draw_candidates(stored, observed, config.candidates, rng)
        if not len(candidates.quality):
            continue
        scene = int(paths[number].stem.split('_')[1])
        scenes.append(np.full(len(candidates.quality), scene))
        truths.append(candidates.quality > good)
        for scorer, answers in zip(scorers, said, strict=True):
            answers.append(scorer.score(observed, candidates))
    if not truths:
        raise ValueError(f'{config.data} has no labelled pixel in {len(paths)} validation views')
    return _Answers(np.concatenate(scenes), np.concatenate(truths), said)


def _row(
    config: CompareConfig,
    number: int,
    scorer: CandidateScorer,
    quality: NDArray[np.float32],
    answers: _Answers,
) -> Compared:
    """Return what is found of one network."""
    metrics = metrics_of(quality, answers.good, 0.5)
    accuracy = fitted_accuracy(quality, answers.good, answers.scenes % 2 == 0)
    path = config.models[number]
    return Compared(
        name=path.stem,
        pose_inputs=getattr(scorer.contract, 'pose_inputs', ()),
        trained=config.trained[number] if config.trained else '',
        metrics=replace(metrics, accuracy=accuracy),
        interval=precision_interval(quality, answers.good, answers.scenes),
        cost=cost_of(path, answers.of_scorer[number]),
    )


def _sections(
    config: CompareConfig, rows: Sequence[Compared], answers: _Answers
) -> tuple[str, ...]:
    good, views = answers.good, len(answers.of_scorer[0])
    first = rows[0].metrics
    about = (
        f'{len(good)} candidates drawn at random from {views} views of '
        f'{len(np.unique(answers.scenes))} scenes whose objects no network has seen; '
        f'{share(first.positives)} are good. Calling everything bad has an accuracy of '
        f'{share(first.always_negative)}; each accuracy is at a threshold that one half of the '
        'scenes was given by the other. Behind average precision: 95 % interval, by drawing '
        'scenes anew. Candidates per second are those of the network alone, on one thread.'
    )
    poses = (
        'Networks of crops are told what the column `told` says of the gripper; without its '
        'depth, a crop is the same for all offsets of a jaw.'
    )
    head = ['network', 'average precision', 'accuracy', 'parameters', 'Mmult-adds per candidate']
    head += ['candidates per second', 'told', 'trained on']
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
