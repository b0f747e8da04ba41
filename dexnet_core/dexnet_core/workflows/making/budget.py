"""Planning of a run for a time limit, from speeds measured on a small part of the work."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
import shutil
from typing import NamedTuple

from dexnet_core.datasets.views.view_generation import generate
from dexnet_core.io.configuration import config_to_json, read_stored
from dexnet_core.io.files.atomic import write_text
from dexnet_core.workflows.making.evaluator_training_run import train
from dexnet_core.workflows.making.making_config import Amounts, MakeConfig
from dexnet_core.workflows.making.making_recipes import labeller_of, trial_sets
from dexnet_core.workflows.making.pick_comparison import pick_rounds, SHIPPED
from dexnet_core.workflows.making.working_time import HOUR, Work

_TRIALS, _TRAINING, _PICKS = 0.40, 0.30, 0.25
"""Shares of the time limit; the rest is a reserve for steps that are not measured."""
_VALIDATED = 12
"""Training scenes per validation scene."""
_MEASURED_SCENES, _MEASURED_ROUNDS = 12, 3
_LEAST = Amounts(train_scenes=24, val_scenes=4, epochs=2, rounds=2)
_MOST = Amounts(train_scenes=2400, val_scenes=200, epochs=32, rounds=40)
_MB_OF_SCENE = 0.3


@dataclass(frozen=True)
class Speeds:
    """Measured speeds of this machine, seconds.

    Attributes:
        scene: Time per scene of trials.
        sample: Training time per epoch for the grasps of one scene.
        round: Time per picking round of all kinds of scenes.
    """

    scene: float
    sample: float
    round: float


class Plan(NamedTuple):
    """Amounts of a run, and the expected seconds of each stage."""

    amounts: Amounts
    trials: float
    training: float
    picks: float

    @property
    def seconds(self) -> float:
        """Expected seconds of the whole run."""
        return self.trials + self.training + self.picks


NO_TIME = Speeds(0.0, 0.0, 0.0)
"""Speeds of a run without measurement."""


def measured_speeds(config: MakeConfig, root: Path, workers: int, work: Work) -> Speeds:
    """Return the speeds stored in the folder; measure and store them if there are none."""
    path, scratch = root / 'speeds.json', root / 'measured'
    if not path.exists():
        shutil.rmtree(scratch, ignore_errors=True)  # existing results would distort the times
        write_text(path, config_to_json(_measure(config, scratch, workers, work)))
        shutil.rmtree(scratch, ignore_errors=True)
    return read_stored(Speeds, path)


def _measure(config: MakeConfig, root: Path, workers: int, work: Work) -> Speeds:
    """Run a small part of each stage and return its speed, without the start of processes."""
    data = root / 'trials'
    labeller = labeller_of(config, trial_sets(config)[0], (_MEASURED_SCENES, 1))
    work.stage('measuring trials')
    generate(labeller, data, workers, work.progress)
    scene = work.pace
    work.stage('measuring training')
    history = train(config, [data], root / 'run', 1, workers, work.progress)
    sample = labeller.config.views_per_scene / history[-1].samples_per_second
    work.stage('measuring picks')
    kinds = {
        played.kind
        for played in pick_rounds(config, root, SHIPPED, _MEASURED_ROUNDS, workers, work)
    }
    return Speeds(scene, sample, work.pace * len(kinds))


def planned(speeds: Speeds, seconds: float) -> Plan:
    """Return the amounts that fit into a time limit in seconds.

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
    )
    return plan_of(amounts, speeds)


def plan_of(amounts: Amounts, speeds: Speeds) -> Plan:
    """Return the plan of given amounts."""
    scenes = amounts.train_scenes + amounts.val_scenes
    return Plan(
        amounts,
        scenes * speeds.scene,
        amounts.epochs * scenes * speeds.sample,
        2 * amounts.rounds * speeds.round,
    )


def megabytes_of(amounts: Amounts) -> float:
    """Return the approximate disk space of given amounts in MB."""
    return _MB_OF_SCENE * (amounts.train_scenes + amounts.val_scenes) + 50
