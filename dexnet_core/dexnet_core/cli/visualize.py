"""`dexnet visualize`: a sheet of crops to look at."""

from __future__ import annotations

import argparse
from pathlib import Path

from dexnet_core.cli.arguments import add_command, progress, SubParsers

_EXAMPLE = 'dexnet visualize data/suction_crops --out out/sheet.png'


def add_parser(commands: SubParsers) -> None:
    """Add the subcommand."""
    summary = 'Draw random crops of a data set with their grasps, good ones framed in green.'
    parser = add_command(commands, 'visualize', run, summary, _EXAMPLE)
    parser.add_argument('folder', type=Path, help='folder of the data set')
    parser.add_argument('--out', type=Path, required=True, help='picture to write')
    parser.add_argument('--crops', type=int, default=48, help='crops on the sheet')
    parser.add_argument('--seed', type=int, default=0, help='decides which')
    parser.add_argument('--release', help='which release it is, where the files do not tell')


def run(args: argparse.Namespace) -> None:
    """Draw the sheet."""
    import cv2
    from dexnet_core.crops.cache import open_crops
    from dexnet_core.crops.sheet import draw_sheet
    from dexnet_core.files.atomic import atomic_path
    import numpy as np

    if args.crops < 1:
        raise ValueError(f'crops is {args.crops}, expected at least 1')
    crops = open_crops(args.folder, workers=2, release=args.release, progress=progress)
    count = min(args.crops, len(crops.rows))
    rows = np.random.default_rng(args.seed).choice(crops.rows, count, replace=False)
    picture = draw_sheet(crops, np.sort(rows))
    with atomic_path(args.out) as scratch:
        if not cv2.imwrite(str(scratch), picture):
            raise OSError(f'{args.out} cannot be written as a picture')
    print(f'{args.out}: {count} crops')  # noqa: T201
