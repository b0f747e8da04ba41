"""`dexnet gripper`: describe a parallel jaw by what its URDF says."""

from __future__ import annotations

import argparse
from pathlib import Path

from dexnet_core.cli.arguments import add_command, SubParsers
from dexnet_core.io.files.atomic import write_text
from dexnet_core.planning.grippers.gripper_files import gripper_text

_EXAMPLE = 'dexnet gripper hand.urdf --out hand.yaml'


def add_parser(commands: SubParsers) -> None:
    """Add the command."""
    summary = 'Measure a parallel jaw on its URDF and describe it in YAML.'
    parser = add_command(commands, 'gripper', run, summary, _EXAMPLE)
    parser.add_argument(
        'urdf', type=Path, help='URDF file of the hand alone, with two sliding fingers'
    )
    parser.add_argument(
        '--out', type=Path, required=True, metavar='FILE.yaml', help='file to write'
    )


def run(args: argparse.Namespace) -> None:
    """Measure, write the YAML file and print it."""
    from dexnet_core.simulation.measured_jaw import jaw_of_urdf

    text = gripper_text(jaw_of_urdf(args.urdf))
    write_text(args.out, text)
    print(text, end='')  # noqa: T201
