"""`dexnet pick`: planners pick in simulated scenes, and physics says what holds."""

from __future__ import annotations

import argparse
from dataclasses import replace
from functools import partial
from pathlib import Path

from dexnet_core.cli.arguments import (
    add_command,
    add_kinds,
    add_workers,
    Kind,
    progress,
    SubParsers,
)
from dexnet_core.cli.meshes import read_and_tell
from dexnet_core.cli.planners import (
    add_approach,
    add_gripper,
    add_model,
    add_settings,
    with_gripper,
)
from dexnet_core.planning.planners.planner_registry import planner_kinds, PlannerKind

_EXAMPLE = """dexnet pick jaw --scenes bin --rounds 50 --workers 2 --out out/pick_jaw
  dexnet pick suction --meshes my_parts --mesh-scale 0.001 --gripper cup.yaml --out out/pick"""
_SCENES = ('single', 'packed', 'pile', 'bin')
_VIEWS = ('top', 'tilted', 'oblique')


def add_parser(commands: SubParsers) -> None:
    """Add the command."""
    summary = 'Pick simulated scenes empty, beside simple planners; goes on where it stopped.'
    parser = add_command(commands, 'pick', None, summary, _EXAMPLE)
    add_kinds(parser, 'planner', (_kind(*item) for item in planner_kinds().items()))


def _kind(name: str, kind: PlannerKind) -> Kind:
    """Return the sub-parser of a planner."""
    return Kind(
        name,
        f'Pick simulated scenes empty with the {with_gripper(name, kind)}.',
        f'dexnet pick {name} --scenes bin --rounds 50 --out out/pick_{name}',
        run,
        (_add_scenes, partial(_add_planner, kind=kind), _add_run),
    )


def _add_scenes(parser: argparse.ArgumentParser) -> None:
    """Add the options of the scenes and of the camera."""
    parser.add_argument(
        '--scenes',
        action='append',
        choices=_SCENES,
        help='kind of scene; may repeat (default: all)',
    )
    parser.add_argument('--rounds', type=int, metavar='N', help='number of scenes of each kind')
    parser.add_argument(
        '--camera',
        choices=_VIEWS,
        help='straight above within 9 degrees, tilted by 40 to 50, or by 20 to 60',
    )
    parser.add_argument(
        '--stereo', action='store_true', help='simulate a stereo camera instead of random noise'
    )
    parser.add_argument(
        '--meshes',
        type=Path,
        metavar='DIR',
        help='folder of meshes (STL, OBJ, PLY or glTF) to pick',
    )
    parser.add_argument(
        '--mesh-scale', type=float, metavar='METRES', help='metres per unit of the meshes'
    )


def _add_planner(parser: argparse.ArgumentParser, kind: PlannerKind) -> None:
    """Add the options that describe the planner."""
    add_approach(parser, f'default: {kind.settings.approach}')
    add_gripper(parser, kind)
    add_model(parser)
    add_settings(parser, kind)


def _add_run(parser: argparse.ArgumentParser) -> None:
    """Add the options of the run and of the report."""
    parser.add_argument(
        '--config',
        type=Path,
        metavar='FILE.yaml',
        help='settings of the run, which the other options override',
    )
    parser.add_argument(
        '--seed', type=int, metavar='N', help='random seed of scenes, cameras and noise'
    )
    parser.add_argument(
        '--no-baselines', action='store_true', help='do not try the simple planners'
    )
    parser.add_argument(
        '--no-film', action='store_true', help='do not write a film of a cleared scene'
    )
    add_workers(parser)
    parser.add_argument(
        '--out', type=Path, required=True, metavar='DIR', help='folder for the report'
    )


def run(args: argparse.Namespace) -> None:
    """Pick, write report, pictures of failures and a film, and print the report."""
    from dexnet_core.evaluation.reports.pick_report import report_picking
    from dexnet_core.io.configuration import read_config
    from dexnet_core.simulation.picking.failure_pictures import write_failure_sheet
    from dexnet_core.simulation.picking.pick_config import PickConfig
    from dexnet_core.simulation.picking.pick_job import FAILURES, film_of, pick, PickJob

    config = read_config(PickConfig, args.config)
    given = {
        'scenes': tuple(args.scenes) if args.scenes else None,
        'rounds': args.rounds,
        'view': args.camera,
        'meshes': args.meshes,
        'mesh_scale': args.mesh_scale,
        'seed': args.seed,
        'stereo': args.stereo or None,
        'baselines': False if args.no_baselines else None,
    }
    config = replace(config, **{key: value for key, value in given.items() if value is not None})
    if config.meshes:
        read_and_tell(config.meshes, config.mesh_scale)
    job = PickJob(args.planner, args.model, args.settings, args.approach, args.gripper, config)
    rounds = pick(job, args.out, args.workers, progress)
    print(report_picking(args.out, rounds, f'{args.planner}, camera {config.view}'))  # noqa: T201
    write_failure_sheet(args.out / 'failures.png', args.out / FAILURES)
    if not args.no_film:
        film_of(job, args.out, rounds)
