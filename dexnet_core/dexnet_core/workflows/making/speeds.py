"""Speeds of a machine, measured on a small part of the work of a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
import shutil
from typing import NamedTuple

from dexnet_core.datasets.views.view_generation import generate, Labeller
from dexnet_core.io.configuration import config_to_json, read_stored
from dexnet_core.io.files.atomic import write_text
from dexnet_core.workflows.making.evaluator_training_run import train_on_trials
from dexnet_core.workflows.making.making_config import MakeConfig
from dexnet_core.workflows.making.making_recipes import scene_sets, trial_labeller, view_labeller
from dexnet_core.workflows.making.pick_comparison import pick_rounds, SHIPPED
from dexnet_core.workflows.making.proposal_training_run import train_on_views
from dexnet_core.workflows.making.training_job import Train, TrainingJob
from dexnet_core.workflows.making.working_time import Work

_MEASURED_SCENES, _MEASURED_ROUNDS = 12, 3


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

    The last three are 0 if no proposal network is trained.
    """

    scene: float
    sample: float
    round: float
    view: float
    view_sample: float
    objects: float


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
        job = TrainingJob(config, [root / name], root / f'run_{name}', 1, workers)
        history = train(job, work.progress)
        sample = labeller.config.views_per_scene / history[-1].samples_per_second
        return _Measured(objects, scene, sample)

    views = _Measured(0.0, 0.0, 0.0)
    if config.proposals:
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
