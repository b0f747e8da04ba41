"""`dexnet visualize`: a sheet of crops, or of views with grasps, to look at."""

from __future__ import annotations

import argparse
from pathlib import Path

from dexnet_core.cli.arguments import add_command, progress, refuse_foreign, SubParsers
import numpy as np
from numpy.typing import NDArray

_EXAMPLE = 'dexnet visualize data/suction_crops --out out/sheet.png'
_CROPS, _VIEWS = 48, 6
_OF_CROPS, _OF_VIEWS = 'a set of crops', 'a GraspNet set'
_MEANT_FOR = {'--crops': (_OF_CROPS,), '--release': (_OF_CROPS,), '--views': (_OF_VIEWS,)}


def add_parser(commands: SubParsers) -> None:
    """Add the command."""
    summary = (
        'Draw random crops of a data set with their grasps, good ones framed in green; '
        'of a GraspNet set, views with some of their grasps.'
    )
    parser = add_command(commands, 'visualize', run, summary, _EXAMPLE)
    parser.add_argument('folder', type=Path, help='folder of the data set')
    parser.add_argument(
        '--out', type=Path, required=True, metavar='FILE', help='picture file to write'
    )
    for option, usual, what in (
        ('--crops', _CROPS, 'crops on the sheet, of a set of crops'),
        ('--views', _VIEWS, 'views on the sheet, of a GraspNet set'),
    ):
        parser.add_argument(
            option, type=int, metavar='N', help=f'number of {what} (default: {usual})'
        )
    parser.add_argument(
        '--seed',
        type=int,
        default=0,
        metavar='N',
        help='random seed of the choice (default: %(default)s)',
    )
    parser.add_argument('--release', metavar='NAME', help='release, if the files do not tell')


def run(args: argparse.Namespace) -> None:
    """Draw the sheet."""
    from dexnet_core.io.files.image_files import require_picture, write_picture

    require_picture(args.out)
    if not args.folder.is_dir():
        raise FileNotFoundError(f'{args.folder} is not a folder')
    of_views = (args.folder / 'scenes').is_dir()
    refuse_foreign(args, _OF_VIEWS if of_views else _OF_CROPS, _MEANT_FOR)
    picture, shown = _views(args) if of_views else _crops(args)
    write_picture(args.out, picture)
    print(f'{args.out}: {shown}')  # noqa: T201


def _crops(args: argparse.Namespace) -> tuple[NDArray[np.uint8], str]:
    from dexnet_core.datasets.crops.crop_cache import open_crops
    from dexnet_core.datasets.crops.crop_sheet import draw_sheet

    count = _number('crops', args.crops, _CROPS)
    crops = open_crops(args.folder, workers=2, release=args.release, progress=progress)
    count = min(count, len(crops.rows))
    rows = np.random.default_rng(args.seed).choice(crops.rows, count, replace=False)
    return draw_sheet(crops, np.sort(rows)), f'{count} crops'


def _views(args: argparse.Namespace) -> tuple[NDArray[np.uint8], str]:
    from dexnet_core.datasets.graspnet_files.set_layout import Layout
    from dexnet_core.datasets.graspnet_files.set_reader import read_index, read_views
    from dexnet_core.datasets.graspnet_files.set_sheet import draw_views

    count = _number('views', args.views, _VIEWS)
    index = read_index(args.folder)
    layout = Layout(args.folder, index.camera)
    scenes = [scene for split in index.splits.values() for scene in split]
    rng = np.random.default_rng(args.seed)
    chosen = np.sort(rng.choice(scenes, min(count, len(scenes)), replace=False)).tolist()
    views = [(scene, int(rng.choice(read_views(layout, scene)))) for scene in chosen]
    return draw_views(layout, views, args.seed), f'{len(views)} views'


def _number(name: str, given: int | None, usual: int) -> int:
    """Return how many are asked for."""
    if given is not None and given < 1:
        raise ValueError(f'{name} is {given}, expected at least 1')
    return given or usual
