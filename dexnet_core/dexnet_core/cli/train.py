"""`dexnet train`: from a data set to weights."""

from __future__ import annotations

import argparse
from pathlib import Path

from dexnet_core.cli.arguments import add_command, progress, SubParsers

_EXAMPLE = 'dexnet train --config config/train/suction.yaml'


def add_parser(commands: SubParsers) -> None:
    """Add the subcommand."""
    summary = 'Train a network; goes on where a killed run stopped.'
    parser = add_command(commands, 'train', run, summary, _EXAMPLE)
    parser.add_argument('--config', type=Path, help='YAML that overrides the defaults')


def run(args: argparse.Namespace) -> None:
    """Train and draw the curves."""
    from dexnet_core.configuration import read_config
    from dexnet_core.training.config import TrainConfig
    from dexnet_core.training.curves import draw_history
    from dexnet_core.training.suction import train_suction

    config = read_config(TrainConfig, args.config)
    history = train_suction(config, progress)
    draw_history(config.out / 'curves.png', history)
    best = max(history, key=lambda record: record.val_ap)
    print(f'best epoch {best.epoch}: validation AP {best.val_ap:.4f}')  # noqa: T201
