"""`dexnet view`: a cloud and the grippers that were planned on it, in Open3D."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from dexnet_core.cli.arguments import add_command, SubParsers
from dexnet_core.cli.extras import how_to_install
from dexnet_core.cli.inputs import (
    add_cloud,
    add_depth,
    cloud_of,
    depth_image_of,
    require_one_input,
)
from dexnet_core.geometry.camera import deproject
from dexnet_core.io.files.image_files import require_picture
from dexnet_core.io.files.plan_files import read_grasps
from dexnet_core.io.formats.graspnetapi import read_group
from dexnet_core.planning.grasp import Grasp, GripperKind
from dexnet_core.planning.graspnet.cloud import usable_points
from dexnet_core.planning.planners.cloud_plan import jaw_grasps
import numpy as np
from numpy.typing import NDArray

_EXAMPLE = 'dexnet view --cloud cloud.ply --grasps out/plan/grasps.json'
_LIBRARIES = 'apt install libusb-1.0-0 libgl1 libx11-6 libgomp1'


def add_parser(commands: SubParsers) -> None:
    """Add the command."""
    summary = 'Show a cloud and the jaws planned on it, in a window or as a picture.'
    parser = add_command(commands, 'view', run, summary, _EXAMPLE)
    add_cloud(parser, may_repeat=False)
    add_depth(parser)
    parser.add_argument(
        '--grasps',
        type=Path,
        metavar='FILE',
        help='grasps.json that `dexnet plan` wrote, or .npy with a GraspGroup of graspnetAPI',
    )
    parser.add_argument(
        '--top',
        type=int,
        default=20,
        metavar='N',
        help='maximum number of grasps that are shown (default: %(default)s)',
    )
    parser.add_argument(
        '--out', type=Path, metavar='FILE.png', help='picture to write instead of opening a window'
    )


def run(args: argparse.Namespace) -> None:
    """Show what was asked for."""
    require_one_input(args)
    if args.top < 1:
        raise ValueError(f'top is {args.top}, expected at least 1')
    if args.out and args.out.suffix != '.png':
        raise ValueError(f'out is {args.out}, expected a .png file')
    if args.out:
        require_picture(args.out)
    points = _points(args)
    if not len(points):
        raise ValueError(f'{args.cloud or args.depth} holds no measured point')
    grasps = _grasps(args.grasps)[: args.top] if args.grasps else ()
    if any(grasp.gripper is not GripperKind.PARALLEL_JAW for grasp in grasps):
        raise ValueError(f'{args.grasps} has suction grasps, expected those of a parallel jaw')
    try:
        from dexnet_core.io.viewer.open3d_window import geometries, show
    except (ImportError, OSError) as error:  # OSError where a library of the system is broken
        hint = f'{how_to_install("viz")}; where a lib*.so is missing: {_LIBRARIES}'
        raise ValueError(f'dexnet view needs Open3D ({error}): {hint}') from error
    show(geometries(points, grasps), args.out)


def _grasps(path: Path) -> Sequence[Grasp]:
    """Return the grasps of a file, best first."""
    if path.suffix.lower() == '.npy':
        return jaw_grasps(read_group(path).grasps.best_first())
    return read_grasps(path)


def _points(args: argparse.Namespace) -> NDArray[np.float32]:
    """Return the (n, 3) measured points, in the optical frame."""
    if args.cloud:
        return usable_points(cloud_of(args, args.cloud))
    image = depth_image_of(args)
    return deproject(image.depth, image.camera)[image.depth > 0]
