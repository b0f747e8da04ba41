"""What the subcommands share: parsers with examples, checks and progress bars."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
import sys
from typing import Any, TypeVar

from dexnet_core.files.cameras import CAMERA_FILES
from dexnet_core.files.clouds import read_cloud
from dexnet_core.files.depth_images import read_depth_image
from dexnet_core.files.masks import read_cloud_mask
from dexnet_core.graspnet.cloud import usable_points
from dexnet_core.observation import Observation, of_cloud, of_image, of_optical_cloud
from dexnet_core.perception.fusion import fused
import numpy as np
from numpy.typing import NDArray

T = TypeVar('T')
_OPTICAL_NOTE = (
    'dexnet: the cloud is taken to be in an optical frame, z forward; --up names another frame'
)
SubParsers = Any
CAMERA_HELP = f'fx,fy,cx,cy in pixels, or a file: {CAMERA_FILES}; FILE:NAME is one of several'
DEPTH_HELP = '.npy or image: float metres, or uint16, millimetres unless --camera says otherwise'
CLOUD_HELP = '.npy (n, 3), .npz with `cloud`, or .ply; metres'
MODEL_HELP = 'ONNX file or folder of two, of graspnet a folder; the shipped weights by default'


def add_command(
    commands: SubParsers,
    name: str,
    run: Callable[[argparse.Namespace], None],
    summary: str,
    example: str,
) -> argparse.ArgumentParser:
    """Add a subcommand whose --help shows an example."""
    parser = commands.add_parser(
        name,
        help=summary,
        description=summary,
        epilog=f'example:\n  {example}',
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def require_one_input(args: argparse.Namespace) -> None:
    """Raise ValueError unless either --cloud is given, or --depth with --camera."""
    of_image = [args.depth is not None, args.camera is not None]
    if any(of_image) if args.cloud is not None else not all(of_image):
        raise ValueError('give either --cloud, or --depth with --camera')


def refuse_foreign(
    args: argparse.Namespace, kind: str, meant_for: Mapping[str, Sequence[str]]
) -> None:
    """Raise ValueError if an option is given that the kind has no use for.

    Args:
        args: Options that are not given are None, False or empty.
        kind: What the command is to do.
        meant_for: Kinds that have a use for an option, by its name with dashes, or for a
            positional argument by its name.
    """
    for option, kinds in meant_for.items():
        value = getattr(args, option.lstrip('-').replace('-', '_'))
        is_given = not (value is None or value is False or value == [])
        if is_given and kind not in kinds:
            raise ValueError(f'{option} is for {" or ".join(kinds)}, not for {kind}')


def progress(items: Iterable[T], what: str, total: int) -> Iterable[T]:
    """Show a progress bar while the items pass through."""
    from tqdm import tqdm

    return tqdm(items, desc=what, total=total, mininterval=1.0, dynamic_ncols=True)


def add_input(parser: argparse.ArgumentParser) -> None:
    """Add the options of what is planned on: a depth image with its camera, or a cloud."""
    parser.add_argument('--depth', type=Path, help=DEPTH_HELP)
    parser.add_argument('--camera', help=CAMERA_HELP)
    parser.add_argument(
        '--cloud',
        type=Path,
        action='append',
        help=f'{CLOUD_HELP}; may repeat, for several cameras in one frame with --up',
    )
    parser.add_argument(
        '--mask', type=Path, help='image, or of a cloud (n,) .npy, not 0 on what may be grasped'
    )
    parser.add_argument(
        '--up',
        metavar='X,Y,Z',
        help='direction against gravity in the frame of the input; a cloud may then be in any '
        'frame, and is in an optical frame without',
    )
    parser.add_argument(
        '--viewpoint', metavar='X,Y,Z', help='where the camera was in the frame of a cloud; metres'
    )


def observation_of(args: argparse.Namespace) -> Observation:
    """Read what is planned on.

    Raises:
        FileNotFoundError: A file is missing.
        ValueError: A file cannot be read, or the options do not go together.
    """
    require_one_input(args)
    up = args.up and _three_numbers('--up', args.up)
    if args.viewpoint and (args.cloud is None or not up):
        raise ValueError('--viewpoint is for a --cloud with --up')
    if args.cloud is None:
        return of_image(*read_depth_image(args.depth, args.camera, args.mask), up=up)
    mask = args.mask and read_cloud_mask(args.mask)
    if len(args.cloud) > 1:
        return _of_several(args, up)
    points = read_cloud(args.cloud[0])
    if up is None:
        sys.stderr.write(f'{_OPTICAL_NOTE}\n')
        return of_optical_cloud(points, mask)
    viewpoint = args.viewpoint and _three_numbers('--viewpoint', args.viewpoint)
    return of_cloud(points, up, mask, viewpoint=viewpoint)


def _of_several(args: argparse.Namespace, up: NDArray[np.float64] | None) -> Observation:
    if up is None or args.mask or args.viewpoint:
        raise ValueError('several --cloud need --up, and take no --mask and no --viewpoint')
    clouds = [usable_points(read_cloud(path)) for path in args.cloud]
    return of_cloud(fused(clouds, up / np.linalg.norm(up)), up)


def _three_numbers(option: str, text: str) -> NDArray[np.float64]:
    try:
        x, y, z = map(float, text.split(','))
    except ValueError as error:
        raise ValueError(f'{option} is {text!r}, expected three numbers x,y,z') from error
    return np.array([x, y, z])
