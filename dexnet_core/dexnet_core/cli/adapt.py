"""`dexnet adapt`: a planner that suits the cell whose picks it is shown."""

from __future__ import annotations

import argparse
from pathlib import Path

from dexnet_core.cli.arguments import add_command, MODEL_HELP, SubParsers

_EXAMPLE = """dexnet adapt jaw --real picks --out my_jaw
  dexnet plan jaw --model my_jaw --gripper my_jaw/gripper.yaml ..."""


def add_parser(commands: SubParsers) -> None:
    """Add the subcommand."""
    summary = 'Learn from picks that a robot tried; what gains nothing on others stays as it was.'
    parser = add_command(commands, 'adapt', run, summary, _EXAMPLE)
    parser.add_argument('planner', choices=['suction', 'jaw'])
    parser.add_argument(
        '--real',
        type=Path,
        required=True,
        help='folder of picks: a log that a node recorded, or depth images with a picks.csv',
    )
    parser.add_argument('--model', type=Path, help=MODEL_HELP)
    parser.add_argument(
        '--replay', type=Path, help='folder of simulated trials that must not be forgotten'
    )
    parser.add_argument('--out', type=Path, required=True, help='folder of the new model')


def run(args: argparse.Namespace) -> None:
    """Adapt, and print what changed on picks that were left out."""
    from dexnet_core.planning.planners.planner_registry import gripper_type
    from dexnet_core.workflows.adaptation.adapted_folder import adapt, AdaptJob

    kind = gripper_type(args.planner)
    print(adapt(AdaptJob(kind, args.real, args.out, args.model, args.replay)))  # noqa: T201
