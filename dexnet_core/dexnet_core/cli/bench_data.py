"""`dexnet bench data DIR`: mapped arrays against every file in memory."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark alone."""
    parser.add_argument('folder', type=Path, help='folder of the data set')
    parser.add_argument('--release', metavar='NAME', help='release, if the files do not tell')
    parser.add_argument(
        '--synthetic',
        type=int,
        metavar='CROPS',
        help='number of crops to write into a new folder first',
    )


def run(args: argparse.Namespace) -> None:
    """Print the table."""
    from dexnet_core.datasets.crops.crop_speed import compare_data, data_table, write_synthetic
    from dexnet_core.datasets.crops.releases import DEXNET_3

    if args.synthetic is not None:
        if args.folder.exists():
            raise ValueError(f'{args.folder} exists, expected a new folder for synthetic crops')
        write_synthetic(args.folder, DEXNET_3, args.synthetic)
    found = compare_data(args.folder, args.rounds, release=args.release)
    print(data_table(found))  # noqa: T201
