"""Options of `dexnet export ... --target x5`."""

from __future__ import annotations

import argparse
from pathlib import Path

from dexnet_core.cli import compile_x5

NAME = 'x5'
OPTIONS = (
    *('--size', '--wide', '--depth', '--cloud', '--camera', '--depth-scale', '--mask', '--images'),
    *compile_x5.OPTIONS,
)
SIZE = '480x640'
IMAGES = 12
_PURPOSE = 'calibrate and compare with'


def add_sized(parser: argparse.ArgumentParser) -> None:
    """Add the options of this target for networks whose input has a size that is chosen."""
    group = _add_group(parser)
    group.add_argument(
        '--size',
        metavar='ROWSxCOLUMNS',
        help=f'largest view or image, in pixels (default: {SIZE})',
    )
    parser.set_defaults(cloud=[])


def add_unsized(parser: argparse.ArgumentParser) -> None:
    """Add the options of this target for networks whose input has one size."""
    _add_group(parser)
    parser.set_defaults(cloud=[])


def add_with_clouds(parser: argparse.ArgumentParser) -> None:
    """Add the options of this target for networks of point clouds."""
    add_clouds(_add_group(parser), _PURPOSE)


def _add_group(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Add the options of this target for every network."""
    group = parser.add_argument_group(f'of --target {NAME}')
    group.add_argument(
        '--wide',
        nargs='+',
        metavar='NAME',
        help='nodes that read 16 bits instead of 8, by a part of their names; all for every node, '
        'none for no node (default: to_half for suction, else none)',
    )
    add_images(group, _PURPOSE, IMAGES)
    compile_x5.add_arguments(group)
    return group


def add_images(group: argparse._ActionsContainer, purpose: str, count: int) -> None:
    """Add the options of images; `count` images are generated where none are given."""
    group.add_argument(
        '--depth',
        type=Path,
        nargs='*',
        default=[],
        metavar='FILE',
        help=f'depth images to {purpose}; see dexnet plan suction --help',
    )
    group.add_argument('--camera', metavar='INTRINSICS', help='intrinsics of the depth images')
    group.add_argument(
        '--depth-scale', type=float, metavar='METRES', help='metres per unit of the depth images'
    )
    group.add_argument(
        '--mask',
        type=Path,
        nargs='*',
        default=[],
        metavar='FILE',
        help='mask of each of the depth images, in the same order',
    )
    group.add_argument(
        '--images',
        type=int,
        metavar='N',
        help=f'number of images to generate where none are given (default: {count})',
    )


def add_clouds(group: argparse._ActionsContainer, purpose: str) -> None:
    """Add the option of point clouds."""
    group.add_argument(
        '--cloud',
        type=Path,
        nargs='*',
        default=[],
        metavar='FILE',
        help=f'point clouds to {purpose}, for graspnet; see dexnet plan graspnet --help',
    )
