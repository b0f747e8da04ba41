"""`dexnet adapt`: a planner that suits the cell whose picks it is shown."""

from __future__ import annotations

import argparse
from pathlib import Path

from dexnet_core.cli.arguments import add_command, add_kinds, Kind, SubParsers
from dexnet_core.cli.planners import add_model, with_gripper
from dexnet_core.planning.planners.planner_registry import (
    gripper_type,
    planner_kinds,
    PlannerKind,
)

_EXAMPLE = """dexnet adapt jaw --real picks --out my_jaw
  dexnet plan jaw --model my_jaw --gripper my_jaw/gripper.yaml ..."""

_PLANNERS = ('suction', 'jaw')


def add_parser(commands: SubParsers) -> None:
    """Add the command."""
    summary = 'Learn from picks that a robot tried; what gains nothing on others stays as it was.'
    parser = add_command(commands, 'adapt', None, summary, _EXAMPLE)
    add_kinds(parser, 'planner', (_kind(name, planner_kinds()[name]) for name in _PLANNERS))


def _kind(name: str, kind: PlannerKind) -> Kind:
    """Return the sub-parser of a planner."""
    example = _EXAMPLE.replace('jaw', name)
    summary = f'Learn from picks that a robot tried with the {with_gripper(name, kind)}.'
    return Kind(name, summary, example, run, (_add_options,))


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--real',
        type=Path,
        required=True,
        metavar='DIR',
        help='folder of picks: a log that a node recorded, or depth images with a picks.csv',
    )
    add_model(parser)
    parser.add_argument(
        '--replay',
        type=Path,
        metavar='DIR',
        help='folder of simulated trials, which are used to prevent forgetting',
    )
    parser.add_argument(
        '--out', type=Path, required=True, metavar='DIR', help='folder of the new model'
    )


def run(args: argparse.Namespace) -> None:
    """Adapt, and print what changed on picks that were left out."""
    from dexnet_core.workflows.adaptation.adapted_folder import adapt, AdaptJob

    kind = gripper_type(args.planner)
    print(adapt(AdaptJob(kind, args.real, args.out, args.model, args.replay)))  # noqa: T201
