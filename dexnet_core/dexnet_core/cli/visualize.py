"""`dexnet visualize`: a sheet of crops, or of views with grasps, to look at."""

from __future__ import annotations

import argparse
from pathlib import Path

from dexnet_core.cli.arguments import add_command, progress, SubParsers
import numpy as np
from numpy.typing import NDArray

_EXAMPLE = 'dexnet visualize data/suction_crops --out out/sheet.png'


def add_parser(commands: SubParsers) -> None:
    """Add the subcommand."""
    summary = (
        'Draw random crops of a data set with their grasps, good ones framed in green; '
        'of a GraspNet set, views with some of their grasps.'
    )
    parser = add_command(commands, 'visualize', run, summary, _EXAMPLE)
    parser.add_argument('folder', type=Path, help='folder of the data set')
    parser.add_argument('--out', type=Path, required=True, help='picture to write')
    parser.add_argument('--crops', type=int, default=48, help='crops on the sheet')
    parser.add_argument('--views', type=int, default=6, help='views on the sheet')
    parser.add_argument('--seed', type=int, default=0, help='decides which')
    parser.add_argument('--release', help='which release it is, where the files do not tell')


def run(args: argparse.Namespace) -> None:
    """Draw the sheet."""
    from dexnet_core.files.images import require_picture, write_picture

    require_picture(args.out)
    for name in ('crops', 'views'):
        if getattr(args, name) < 1:
            raise ValueError(f'{name} is {getattr(args, name)}, expected at least 1')
    of_views = (args.folder / 'scenes').is_dir()
    picture, shown = _views(args) if of_views else _crops(args)
    write_picture(args.out, picture)
    print(f'{args.out}: {shown}')  # noqa: T201


def _crops(args: argparse.Namespace) -> tuple[NDArray[np.uint8], str]:
    from dexnet_core.crops.cache import open_crops
    from dexnet_core.crops.sheet import draw_sheet

    crops = open_crops(args.folder, workers=2, release=args.release, progress=progress)
    count = min(args.crops, len(crops.rows))
    rows = np.random.default_rng(args.seed).choice(crops.rows, count, replace=False)
    return draw_sheet(crops, np.sort(rows)), f'{count} crops'


def _views(args: argparse.Namespace) -> tuple[NDArray[np.uint8], str]:
    from dexnet_core.graspnet_sets.layout import Layout
    from dexnet_core.graspnet_sets.reader import read_index, read_views
    from dexnet_core.graspnet_sets.sheet import draw_views

    index = read_index(args.folder)
    layout = Layout(args.folder, index.camera)
    scenes = [scene for split in index.splits.values() for scene in split]
    rng = np.random.default_rng(args.seed)
    chosen = np.sort(rng.choice(scenes, min(args.views, len(scenes)), replace=False)).tolist()
    views = [(scene, int(rng.choice(read_views(layout, scene)))) for scene in chosen]
    return draw_views(layout, views, args.seed), f'{len(views)} views'
