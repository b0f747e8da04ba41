"""Stages of `dexnet make`: trials, training, choice of the evaluator, and picking.

Contents of the output folder:

    make.json, speeds.json, plan.json, spent.json   configuration, speeds, amounts, time spent
    trials/, runs/                                  trials and training runs
    model/, gripper.yaml, node.yaml                 files for the robot
    picks/, report.md                               results of simulated picking
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
import shutil

from dexnet_core.datasets.views.view_generation import generate
from dexnet_core.io.configuration import claim, config_to_json, read_stored
from dexnet_core.io.files.atomic import write_text
from dexnet_core.workflows.making.budget import (
    measured_speeds,
    megabytes_of,
    NO_TIME,
    Plan,
    plan_of,
    planned,
)
from dexnet_core.workflows.making.evaluator_choice import choose_evaluator
from dexnet_core.workflows.making.evaluator_training_run import train
from dexnet_core.workflows.making.making_config import Amounts, MakeConfig
from dexnet_core.workflows.making.making_recipes import labeller_of, trial_sets
from dexnet_core.workflows.making.making_report import write_make_report
from dexnet_core.workflows.making.pick_comparison import MADE, MODEL, pick_rounds, SHIPPED
from dexnet_core.workflows.making.working_time import HOUR, TimeIsUpError, Work

_MB = 1e6
_ENDED = 'ended'
"""Name of the file that marks a finished stage."""


def plan_making(config: MakeConfig, root: Path, hours: float, workers: int, work: Work) -> Plan:
    """Claim the folder and return the plan; measurement and planning are done only once.

    Nothing is measured if the configuration has amounts.

    Raises:
        ValueError: The folder is of another run, or the time is too short for a useful run.
        OSError: The disk has not enough free space.
    """
    claim(root / 'make.json', config)
    speeds = NO_TIME if config.amounts else measured_speeds(config, root, workers, work)
    path = root / 'plan.json'
    if not path.exists():
        amounts = config.amounts or planned(speeds, hours * HOUR - work.spent).amounts
        _require_room(root, megabytes_of(amounts))
        write_text(path, config_to_json(amounts))
    amounts = read_stored(Amounts, path)
    return plan_of(amounts, speeds)


def make(
    config: MakeConfig, root: Path, plan: Plan, hours: float, workers: int, work: Work
) -> str:
    """Train the planner, or resume its training; return the report.

    Trials and training stop if the remaining time falls below the planned time of the following
    stages. The next stage then uses what is finished.

    Args:
        config: Configuration of the run.
        root: Output folder, claimed by `plan_making`.
        plan: Plan of the run.
        hours: Time limit of the whole run, including measurement.
        workers: Number of worker processes.
        work: Counts the time.
    """
    seconds = hours * HOUR
    work.stage('trials', seconds - plan.training - plan.picks)
    data = _try_grasps(config, root / 'trials', plan.amounts, workers, work)
    work.stage('training', seconds - plan.picks)
    runs = root / 'runs'
    if not (runs / _ENDED).exists():
        with suppress(TimeIsUpError):
            epochs = plan.amounts.epochs
            train(config, data, runs / 'evaluator', epochs, workers, work.progress)
        write_text(runs / _ENDED, '')
    choice = choose_evaluator(config, data[0], runs, root / MODEL)
    work.stage('picking')
    compared = (MADE, SHIPPED) if choice.takes_new else (SHIPPED,)
    rounds = [
        played
        for who in compared
        for played in pick_rounds(config, root, who, plan.amounts.rounds, workers, work)
    ]
    return write_make_report(config, root, plan.amounts, choice, rounds)


def _try_grasps(
    config: MakeConfig, root: Path, amounts: Amounts, workers: int, work: Work
) -> Sequence[Path]:
    """Generate the sets of trials; return their folders, that with validation scenes first.

    Raises:
        ValueError: The time was too short for any training trials.
    """
    sets = trial_sets(config)
    if not (root / _ENDED).exists():
        with suppress(TimeIsUpError):
            for trials in sets:
                labeller = labeller_of(config, trials, (amounts.train_scenes, amounts.val_scenes))
                generate(labeller, root / trials.name, workers, work.progress)
    folders = [root / trials.name for trials in sets]
    made = [folder for folder in folders if any(folder.glob('views/train/scene_*.npz'))]
    if made[:1] != folders[:1]:
        raise ValueError(f'{root} has no trials to train with, expected more --hours')
    write_text(root / _ENDED, '')
    return made


def _require_room(root: Path, megabytes: float) -> None:
    free = shutil.disk_usage(root).free / _MB
    if free < megabytes:
        raise OSError(f'{root} has {free:.0f} MB free, expected at least {megabytes:.0f}')
