"""`dexnet make`: a planner for one's own gripper and parts, as a folder that deploys."""

from __future__ import annotations

import argparse
from pathlib import Path
import sys
from typing import TYPE_CHECKING

from dexnet_core.cli.arguments import add_command, add_kinds, add_workers, Kind, SubParsers
from dexnet_core.cli.meshes import read_and_tell
from dexnet_core.cli.planners import hand_of
from dexnet_core.io.files.folder_lock import folder_lock
from dexnet_core.planning.grippers.gripper_files import read_gripper
from dexnet_core.planning.planners.planner_registry import (
    gripper_type,
    planner_kinds,
    PlannerKind,
)

if TYPE_CHECKING:
    from dexnet_core.simulation.scenes.camera_setup import CameraSetup
    from dexnet_core.workflows.making.budget import Plan
    from dexnet_core.workflows.making.making_config import MakeConfig

_EXAMPLES = {
    'jaw': 'dexnet make jaw --gripper config/grippers/wsg50.yaml --hours 1 --out my_jaw',
    'suction': 'dexnet make suction --gripper cup.yaml --meshes my_parts --mesh-scale 0.001'
    ' --out my_cup',
}
"""By the name of the planner."""
_EXAMPLE = '\n  '.join(_EXAMPLES.values())
_SPARE = 1.1
"""Time shown over what was measured: programs start, and pictures are drawn."""


def add_parser(commands: SubParsers) -> None:
    """Add the command."""
    summary = "Make a planner for one's own gripper and parts; goes on where it was stopped."
    parser = add_command(commands, 'make', None, summary, _EXAMPLE)
    kinds = planner_kinds()
    add_kinds(parser, 'planner', (_kind(*item, kinds[item[0]]) for item in _EXAMPLES.items()))


def _kind(name: str, example: str, kind: PlannerKind) -> Kind:
    """Return the sub-parser of a planner."""
    summary = f"Make the planner {name} for one's own {hand_of(kind)} and parts."
    return Kind(name, summary, example, run, (_add_cell, _add_amounts))


def _add_cell(parser: argparse.ArgumentParser) -> None:
    """Add the options of the gripper, the camera and the parts."""
    parser.add_argument(
        '--gripper',
        type=Path,
        required=True,
        metavar='FILE.yaml',
        help='description of the gripper',
    )
    parser.add_argument(
        '--camera', type=Path, metavar='FILE.yaml', help='description of the camera'
    )
    parser.add_argument(
        '--noise-from',
        type=Path,
        metavar='DIR',
        help='folder of depth images that --camera took of an empty table',
    )
    parser.add_argument(
        '--meshes',
        type=Path,
        metavar='DIR',
        help='folder of STL, OBJ, PLY or glTF files of your parts',
    )
    parser.add_argument(
        '--mesh-scale',
        type=float,
        default=1.0,
        metavar='METRES',
        help='metres per unit of the meshes (default: %(default)s)',
    )


def _add_amounts(parser: argparse.ArgumentParser) -> None:
    """Add the options of how much is made, and where."""
    parser.add_argument(
        '--hours',
        type=float,
        default=2.0,
        metavar='HOURS',
        help='time for everything, in hours (default: %(default)s)',
    )
    parser.add_argument(
        '--amounts', type=Path, metavar='FILE.yaml', help='numbers of scenes, epochs and rounds'
    )
    parser.add_argument('--from-scratch', action='store_true', help='begin with untrained weights')
    parser.add_argument(
        '--proposals',
        action='store_true',
        help='also train the network that proposes grasps, on views labelled for the gripper',
    )
    parser.add_argument(
        '--seed',
        type=int,
        default=0,
        metavar='N',
        help='random seed of everything (default: %(default)s)',
    )
    add_workers(parser)
    parser.add_argument(
        '--out', type=Path, required=True, metavar='DIR', help='folder of the planner'
    )


def run(args: argparse.Namespace) -> None:
    """Measure, say how long it takes, make, and print the report."""
    from dexnet_core.workflows.making.making_job import make, plan_making
    from dexnet_core.workflows.making.working_time import HOUR, Work
    from tqdm import tqdm

    if not 0 < args.hours < float('inf') or args.workers < 1:
        raise ValueError(f'--hours is {args.hours} and --workers {args.workers}, expected above 0')
    config = _config(args)
    if config.meshes:
        read_and_tell(config.meshes, config.mesh_scale)
    root, timed = args.out.resolve(), config.amounts is None
    layout = '{desc} |{bar}| {n:.0f} of {total:.0f} s' if timed else '{desc}, {n:.0f} s'
    total = args.hours * HOUR if timed else None
    with folder_lock(root), tqdm(total=total, bar_format=layout, dynamic_ncols=True) as bar:

        def tell(seconds: float, what: str) -> None:
            bar.set_description_str(what, refresh=False)
            if bar.total is not None:
                bar.total = max(bar.total, seconds)
            bar.update(seconds - bar.n)

        work = Work(root, tell)
        plan = plan_making(config, root, args.hours, args.workers, work)
        if timed:
            bar.total = max(work.spent, _SPARE * plan.seconds)
        sys.stderr.write(f'\ndexnet: {_in_words(plan)}\n')
        report = make(config, root, plan, args.hours, args.workers, work)
    print(report)  # noqa: T201


def _config(args: argparse.Namespace) -> MakeConfig:
    from dexnet_core.io.configuration import read_config
    from dexnet_core.workflows.making.making_config import Amounts, MakeConfig

    return MakeConfig(
        args.planner,
        read_gripper(args.gripper, gripper_type(args.planner)),
        _camera(args),
        args.meshes.resolve() if args.meshes else None,
        args.mesh_scale,
        args.seed,
        args.from_scratch,
        args.proposals,
        read_config(Amounts, args.amounts) if args.amounts else None,
    )


def _camera(args: argparse.Namespace) -> CameraSetup | None:
    """Return the camera of the cell, with its own noise where there are images of it."""
    from dexnet_core.io.configuration import read_config
    from dexnet_core.simulation.scenes.camera_setup import CameraSetup
    from dexnet_core.workflows.making.own_noise import with_own_noise

    if not args.camera:
        if args.noise_from:
            raise ValueError('--noise-from needs --camera, the intrinsics of its images')
        return None
    camera = read_config(CameraSetup, args.camera)
    if args.noise_from:
        camera = with_own_noise(camera, args.noise_from)
        low, high = camera.noise
        sys.stderr.write(f'dexnet: noise of {args.noise_from}: {low:.3f} to {high:.3f}\n')
    return camera


def _in_words(plan: Plan) -> str:
    """Return what will be made and, where that was measured, how long it takes."""
    amounts = plan.amounts
    trials = f'{amounts.train_scenes} scenes to train with, {amounts.val_scenes} to validate on'
    views = {
        f'{amounts.view_scenes} scenes with labelled views': plan.views,
        f'{amounts.view_epochs} epochs over them': plan.proposals,
    }
    parts = {
        **(views if amounts.proposals else {}),
        trials: plan.trials,
        f'{amounts.epochs} epochs': plan.training,
        f'{amounts.rounds} rounds of picking with each planner': plan.picks,
    }
    return ', '.join(
        f'{what} ({seconds / 60:.0f} min)' if seconds else what for what, seconds in parts.items()
    )
