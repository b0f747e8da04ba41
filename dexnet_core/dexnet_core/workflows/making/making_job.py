"""Stages of `dexnet make`: labelled views, trials, training, choice of networks, and picking.

Contents of the output folder:

    make.json, speeds.json, plan.json, spent.json   configuration, speeds, amounts, time spent
    views/, trials/, runs/                          data and training runs
    proposer/                                       planner whose grasps are tried
    model/, gripper.yaml, node.yaml                 files for the robot
    picks/, report.md                               results of simulated picking
"""

from __future__ import annotations

from pathlib import Path
import shutil

from dexnet_core.io.configuration import claim, config_to_json, read_stored
from dexnet_core.io.files.atomic import write_text
from dexnet_core.workflows.making.budget import megabytes_of, Plan, plan_of, planned
from dexnet_core.workflows.making.making_config import Amounts, MakeConfig
from dexnet_core.workflows.making.making_report import write_make_report
from dexnet_core.workflows.making.making_stages import Limits, Stages
from dexnet_core.workflows.making.pick_comparison import MADE, pick_rounds, SHIPPED
from dexnet_core.workflows.making.speeds import measured_speeds, NO_TIME
from dexnet_core.workflows.making.working_time import HOUR, Work

_MB = 1e6


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
        left = hours * HOUR - work.spent
        amounts = config.amounts or planned(speeds, left, config.proposals).amounts
        _require_room(root, megabytes_of(amounts))
        write_text(path, config_to_json(amounts))
    amounts = read_stored(Amounts, path)
    return plan_of(amounts, speeds)


def make(
    config: MakeConfig, root: Path, plan: Plan, hours: float, workers: int, work: Work
) -> str:
    """Train the planner, or resume its training; return the report.

    A stage stops if the remaining time falls below the planned time of the following stages. The
    next stage then uses what is finished.

    Args:
        config: Configuration of the run.
        root: Output folder, claimed by `plan_making`.
        plan: Plan of the run.
        hours: Time limit of the whole run, including measurement.
        workers: Number of worker processes.
        work: Counts the time.
    """
    limits = Limits.of(plan, hours * HOUR)
    stages = Stages(config, root, plan, limits, workers, work)
    proposals, evaluator = stages.make_proposals(), stages.make_evaluator()
    choices = [choice for choice in (proposals, evaluator) if choice]
    work.stage('picking')
    is_new = any(choice.takes_new for choice in choices)
    rounds = [
        played
        for who in ((MADE, SHIPPED) if is_new else (SHIPPED,))
        for played in pick_rounds(config, root, who, plan.amounts.rounds, workers, work)
    ]
    return write_make_report(config, root, plan.amounts, choices, rounds)


def _require_room(root: Path, megabytes: float) -> None:
    free = shutil.disk_usage(root).free / _MB
    if free < megabytes:
        raise OSError(f'{root} has {free:.0f} MB free, expected at least {megabytes:.0f}')
