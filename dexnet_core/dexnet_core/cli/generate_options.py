"""Options of `dexnet generate`."""

from __future__ import annotations

import argparse
from pathlib import Path

from dexnet_core.cli.arguments import add_workers

PER_VIEW = 32
COUNTS = {
    'objects': 'number of procedural objects over all splits',
    'train_scenes': 'number of scenes of training objects',
    'val_scenes': 'number of scenes of validation objects',
    'views_per_scene': 'number of cameras or views per scene',
}


def add_output(parser: argparse.ArgumentParser) -> None:
    """Add the options of the folder and of the processes."""
    parser.add_argument(
        '--out', type=Path, required=True, metavar='DIR', help='folder of the data set'
    )
    add_workers(parser)


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add the options of the configuration, objects and scenes."""
    parser.add_argument(
        '--config',
        type=Path,
        metavar='FILE.yaml',
        help='settings of the data set, which the other options override',
    )
    parser.add_argument(
        '--meshes', type=Path, metavar='DIR', help='folder of STL, OBJ, PLY or glTF files to add'
    )
    parser.add_argument(
        '--mesh-scale', type=float, metavar='METRES', help='metres per unit of the meshes'
    )
    for name, text in COUNTS.items():
        parser.add_argument(f'--{name.replace("_", "-")}', type=int, metavar='N', help=text)
    parser.add_argument('--seed', type=int, metavar='N', help='random seed of everything')


def add_crops(parser: argparse.ArgumentParser) -> None:
    """Add the options of crops in the files of Dex-Net."""
    parser.add_argument(
        '--format',
        choices=['views', 'dexnet'],
        help='whole labelled images of heaps, or crops in the files of Dex-Net 2.0 and 3.0 '
        '(default: views)',
    )
    parser.add_argument(
        '--views',
        type=Path,
        metavar='DIR',
        help='labelled views to cut crops from, with --format dexnet',
    )
    parser.add_argument(
        '--per-view',
        type=int,
        metavar='N',
        help=f'number of crops of each view of --views (default: {PER_VIEW})',
    )


def add_trials(parser: argparse.ArgumentParser) -> None:
    """Add the options of trials."""
    parser.add_argument(
        '--model',
        type=Path,
        metavar='PATH',
        help='model that proposes grasps (default: the shipped one)',
    )
    parser.add_argument(
        '--real',
        type=Path,
        metavar='DIR',
        help='write trials of these picks on a robot instead: a log, or images with a picks.csv',
    )
