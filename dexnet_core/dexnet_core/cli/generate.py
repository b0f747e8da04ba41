"""`dexnet generate`: make a labelled data set."""

from __future__ import annotations

import argparse
from dataclasses import replace
import os
from pathlib import Path

from dexnet_core.cli.arguments import add_command, progress, SubParsers

_EXAMPLE = 'dexnet generate suction --out data/suction --workers 2'


def add_parser(commands: SubParsers) -> None:
    """Add the subcommand."""
    summary = 'Make a labelled data set; goes on where a killed run stopped.'
    parser = add_command(commands, 'generate', run, summary, _EXAMPLE)
    parser.add_argument('gripper', choices=['suction', 'jaw'])
    parser.add_argument('--out', type=Path, required=True, help='folder of the data set')
    parser.add_argument('--config', type=Path, help='YAML that overrides the defaults')
    parser.add_argument('--meshes', type=Path, help='folder of STL, OBJ, PLY or glTF files to add')
    parser.add_argument('--mesh-scale', type=float, help='metres per unit of the meshes')
    parser.add_argument('--seed', type=int, help='decides everything')
    parser.add_argument('--workers', type=int, default=os.cpu_count(), help='processes')


def run(args: argparse.Namespace) -> None:
    """Generate the data set."""
    from dexnet_core.configuration import read_config
    from dexnet_core.datasets.generation import generate
    from dexnet_core.datasets.jaw_labeller import JawGenerationConfig, JawLabeller
    from dexnet_core.datasets.suction_labeller import SuctionGenerationConfig, SuctionLabeller

    kind, labeller = {
        'suction': (SuctionGenerationConfig, SuctionLabeller),
        'jaw': (JawGenerationConfig, JawLabeller),
    }[args.gripper]
    config = read_config(kind, args.config)
    given = {key: getattr(args, key) for key in ('meshes', 'mesh_scale', 'seed')}
    config = replace(config, **{key: value for key, value in given.items() if value is not None})
    generate(labeller(config), args.out, args.workers, progress)
