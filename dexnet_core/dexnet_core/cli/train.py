"""`dexnet train`: from a data set to weights."""

from __future__ import annotations

import argparse
import logging
import os
from pathlib import Path

from dexnet_core.cli.arguments import add_command, progress, SubParsers

_EXAMPLE = """dexnet train --config config/train/suction.yaml
  torchrun --nproc-per-node 2 -m dexnet_core.cli.main train --config ...    in two processes"""


def add_parser(commands: SubParsers) -> None:
    """Add the command."""
    summary = 'Train a network; goes on where a killed run stopped.'
    parser = add_command(commands, 'train', run, summary, _EXAMPLE)
    parser.set_defaults(log_level=logging.INFO)
    parser.add_argument(
        '--config',
        type=Path,
        required=True,
        metavar='FILE.yaml',
        help='configuration of the run; its key `model` names the network',
    )
    parser.add_argument(
        '--set',
        dest='changes',
        action='append',
        default=[],
        metavar='KEY=VALUE',
        help='change a key of the configuration, such as epochs=3 or optimizer.name=adam',
    )


def run(args: argparse.Namespace) -> None:
    """Train and draw the curves."""
    from dexnet_core.training.curves import draw_history
    from dexnet_core.training.training_recipes import read_run

    config, train = read_run(args.config, args.changes)
    history = train(config, progress)
    if int(os.environ.get('RANK', 0)) == 0:
        draw_history(config.loop.out / 'curves.png', history)
