"""Planning of a run for a time limit, from speeds measured on a small part of the work."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
import shutil
from typing import NamedTuple

from dexnet_core.datasets.views.view_generation import generate, Labeller
from dexnet_core.io.configuration import config_to_json, read_stored
from dexnet_core.io.files.atomic import write_text
from dexnet_core.workflows.making.evaluator_training_run import train_on_trials
from dexnet_core.workflows.making.making_config import (
    Amounts,
    MakeConfig,
    Train,
    VIEWS_VALIDATED,
)
from dexnet_core.workflows.making.making_recipes import scene_sets, trial_labeller, view_labeller
from dexnet_core.workflows.making.pick_comparison import pick_rounds, SHIPPED
from dexnet_core.workflows.making.proposal_training_run import train_on_views
from dexnet_core.workflows.making.working_time import HOUR, Work

_VIEWS, _PROPOSALS, _TRIALS, _TRAINING, _PICKS = 0.14, 0.10, 0.31, 0.22, 0.18
"""Shares of the time limit; the rest is a reserve for steps that are not measured."""
_VALIDATED = 12
"""Training scenes per validation scene."""
_MEASURED_SCENES, _MEASURED_ROUNDS = 12, 3
_LEAST = Amounts(train_scenes=24, val_scenes=4, epochs=2, rounds=2, view_scenes=24, view_epochs=2)
_MOST = Amounts(
    train_scenes=2400, val_scenes=200, epochs=32, rounds=40, view_scenes=1200, view_epochs=16
)
_MB_OF_SCENE, _MB_OF_VIEWS = 0.3, 0.6


@dataclass(frozen=True)
class Speeds:
    """Measured speeds of this machine, seconds.

    Attributes:
        scene: Time per scene of trials.
        sample: Training time per epoch for the grasps of one scene.
        round: Time per picking round of all kinds of scenes.
        view: Time per scene of labelled views.
        view_sample: Training time per epoch for the labelled views of one scene.
        objects: Time to prepare the objects of labelled views.
    """

    scene: float
    sample: float
    round: float
    view: float
    view_sample: float
    objects: float


class Plan(NamedTuple):
    """Amounts of a run, and the expected seconds of each stage."""

    amounts: Amounts
    views: float
    proposals: float
    trials: float
    training: float
    picks: float

    @property
    def seconds(self) -> float:
        """Expected seconds of the whole run."""
        return self.views + self.proposals + self.trials + self.training + self.picks


NO_TIME = Speeds(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
"""Speeds of a run without measurement."""


def measured_speeds(config: MakeConfig, root: Path, workers: int, work: Work) -> Speeds:
    """Return the speeds stored in the folder; measure and store them if there are none."""
    path, scratch = root / 'speeds.json', root / 'measured'
    if not path.exists():
        shutil.rmtree(scratch, ignore_errors=True)  # existing results would distort the times
        write_text(path, config_to_json(_measure(config, scratch, workers, work)))
        shutil.rmtree(scratch, ignore_errors=True)
    return read_stored(Speeds, path)


class _Measured(NamedTuple):
    """Measured seconds of a set: its objects, a scene, and an epoch with the data of a scene."""

    objects: float
    scene: float
    sample: float


def _measure(config: MakeConfig, root: Path, workers: int, work: Work) -> Speeds:
    """Run a small part of each stage and return its speed, without the start of processes."""
    first, numbers = scene_sets(config)[0], (_MEASURED_SCENES, 1)

    def measured(name: str, labeller: Labeller, train: Train) -> _Measured:
        work.stage(f'measuring {name}')
        began = work.spent
        generate(labeller, root / name, workers, work.progress)
        scenes, scene = labeller.config.train_scenes + labeller.config.val_scenes, work.pace
        objects = max(0.0, work.spent - began - scenes * scene)
        work.stage(f'measuring training on {name}')
        run = root / f'run_{name}'
        history = train(config, [root / name], run, 1, workers, work.progress)
        sample = labeller.config.views_per_scene / history[-1].samples_per_second
        return _Measured(objects, scene, sample)

    views = measured('views', view_labeller(config, first, numbers), train_on_views)
    trials = measured('trials', trial_labeller(config, first, numbers), train_on_trials)
    return Speeds(
        trials.scene,
        trials.sample,
        _seconds_of_round(config, root, workers, work),
        views.scene,
        views.sample,
        views.objects,
    )


def _seconds_of_round(config: MakeConfig, root: Path, workers: int, work: Work) -> float:
    work.stage('measuring picks')
    played = pick_rounds(config, root, SHIPPED, _MEASURED_ROUNDS, workers, work)
    return work.pace * len({each.kind for each in played})


def planned(speeds: Speeds, seconds: float) -> Plan:
    """Return the amounts that fit into a time limit in seconds.

    The proposal network is only trained if the limit suffices for a useful training.

    Raises:
        ValueError: The time is too short for a useful run; the message has the required time.
    """
    least = plan_of(_LEAST, speeds)
    scenes = int(_TRIALS * seconds / speeds.scene / (1 + 1 / _VALIDATED))
    scenes = min(scenes, _MOST.train_scenes)
    epochs = int(_TRAINING * seconds / speeds.sample / max(scenes, 1))
    rounds = int(_PICKS * seconds / speeds.round / 2)
    if scenes < _LEAST.train_scenes or epochs < _LEAST.epochs or rounds < _LEAST.rounds:
        needed = max(least.trials / _TRIALS, least.training / _TRAINING, least.picks / _PICKS)
        raise ValueError(
            f'{seconds / HOUR:.2f} hours are left, expected at least {needed / HOUR:.2f}: the '
            'smallest useful run takes this long on this machine'
        )
    amounts = Amounts(
        scenes,
        min(max(_LEAST.val_scenes, scenes // _VALIDATED), _MOST.val_scenes),
        min(epochs, _MOST.epochs),
        min(rounds, _MOST.rounds),
        *_planned_views(speeds, seconds),
    )
    return plan_of(amounts, speeds)


def _planned_views(speeds: Speeds, seconds: float) -> tuple[int, int]:
    """Return the scenes with labelled views and their epochs; (0, 0) if the time is too short."""
    left = _VIEWS * seconds - speeds.objects
    scenes = int(left / speeds.view / (1 + 1 / VIEWS_VALIDATED))
    scenes = min(scenes, _MOST.view_scenes)
    epochs = min(
        int(_PROPOSALS * seconds / speeds.view_sample / max(scenes, 1)), _MOST.view_epochs
    )
    if scenes < _LEAST.view_scenes or epochs < _LEAST.view_epochs:
        return 0, 0
    return scenes, epochs


def plan_of(amounts: Amounts, speeds: Speeds) -> Plan:
    """Return the plan of given amounts."""
    scenes = amounts.train_scenes + amounts.val_scenes
    view_scenes = amounts.view_scenes + amounts.val_view_scenes
    return Plan(
        amounts,
        view_scenes * speeds.view + (speeds.objects if view_scenes else 0.0),
        amounts.view_epochs * view_scenes * speeds.view_sample,
        scenes * speeds.scene,
        amounts.epochs * scenes * speeds.sample,
        2 * amounts.rounds * speeds.round,
    )


def megabytes_of(amounts: Amounts) -> float:
    """Return the approximate disk space of given amounts in MB."""
    views = _MB_OF_VIEWS * (amounts.view_scenes + amounts.val_view_scenes)
    return views + _MB_OF_SCENE * (amounts.train_scenes + amounts.val_scenes) + 50
