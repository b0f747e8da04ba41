"""`dexnet analyze`: what is in a data set."""

from __future__ import annotations

import argparse
from pathlib import Path

from dexnet_core.cli.arguments import add_command, progress, SubParsers

_EXAMPLE = 'dexnet analyze stats data/suction_crops --split object'


def add_parser(commands: SubParsers) -> None:
    """Add the subcommand."""
    summary = 'Measure a data set of crops.'
    parser = add_command(commands, 'analyze', run, summary, _EXAMPLE)
    parser.add_argument('what', choices=['stats'], help='mean and standard deviation')
    parser.add_argument('folder', type=Path, help='folder of the data set')
    parser.add_argument(
        '--split',
        default='object',
        help='whose training crops: object, pose, image, ordered, field or a folder in splits',
    )
    parser.add_argument('--val-share', type=float, default=0.2, help='left out for validation')
    parser.add_argument('--seed', type=int, default=0, help='of the split')
    parser.add_argument('--release', help='which release it is, where the files do not tell')


def run(args: argparse.Namespace) -> None:
    """Measure once, store in stats.json beside the unpacked arrays, and print."""
    from dexnet_core.crops.cache import open_crops
    from dexnet_core.crops.statistics import crop_statistics, statistics_table

    crops = open_crops(args.folder, workers=2, release=args.release, progress=progress)
    found = crop_statistics(crops, args.split, args.val_share, args.seed, progress)
    print(f'{args.folder}: {len(crops)} crops, {crops.release.name}')  # noqa: T201
    print(f'{len(crops.dropped)} rows without an approach angle are left out')  # noqa: T201
    print(statistics_table(found))  # noqa: T201
