"""What is planned on or shown: a depth image with its camera, or a cloud."""

from __future__ import annotations

import argparse
from pathlib import Path
import sys

from dexnet_core.cli.axes import AXES, require_in_front, some_usable, turned
from dexnet_core.io.files.camera_files import CAMERA_FILES
from dexnet_core.io.files.cloud_files import CLOUD_FILES, read_cloud
from dexnet_core.io.files.depth_files import checked_depth_scale
from dexnet_core.io.files.depth_images import DepthImage, read_depth_image
from dexnet_core.io.files.mask_files import read_selection
from dexnet_core.planning.graspnet.cloud import usable_points
from dexnet_core.planning.observation import Observation, of_cloud, of_image, of_optical_cloud
from dexnet_core.planning.perception.fusion import fused
import numpy as np
from numpy.typing import NDArray

_OPTICAL_NOTE = (
    'dexnet: the cloud is taken to be in an optical frame, z forward; --up 0,0,1 says that it is '
    "in a robot's frame, z upwards"
)
_CAMERA_HELP = (
    f'intrinsics: fx,fy,cx,cy in pixels, or a file: {CAMERA_FILES}; FILE:NAME chooses one of '
    'several; not needed if the .npz of --depth has `K`'
)
_DEPTH_HELP = (
    'depth image, .npy, .npz (`depth`), .png, .tif, .exr or .pfm; floating point is metres, '
    'uint16 is millimetres unless the file of --camera says otherwise'
)
_SCALE_HELP = (
    'metres per unit of --depth or --cloud, such as 0.001 for millimetres or 0.00025 for an L515'
)
_MASK_HELP = (
    'image, .npy or .npz of the size of the input: True or white where objects may be grasped, or '
    'the number of the object at each pixel or point, 0 for none'
)
_AXES_HELP = (
    'axes of the camera that saw the cloud: optical (x right, y down, z forward), the default; '
    'opengl (x right, y up, z backward), as RealSense Viewer exports .ply; forward (x forward, '
    'y left, z up); grasps are then in the optical frame'
)


def add_depth(parser: argparse._ActionsContainer) -> None:
    """Add the options of a depth image."""
    parser.add_argument('--depth', type=Path, metavar='FILE', help=_DEPTH_HELP)
    parser.add_argument('--camera', metavar='INTRINSICS', help=_CAMERA_HELP)
    parser.add_argument('--depth-scale', type=float, metavar='METRES', help=_SCALE_HELP)


def add_cloud(parser: argparse._ActionsContainer, *, may_repeat: bool) -> None:
    """Add the options of a cloud, or of several as a list."""
    more = '; repeat it for several cameras in one frame, with --up' if may_repeat else ''
    action = 'append' if may_repeat else 'store'
    parser.add_argument(
        '--cloud',
        type=Path,
        action=action,
        metavar='FILE',
        help=f'point cloud in metres, {CLOUD_FILES}{more}',
    )
    parser.add_argument('--cloud-axes', choices=AXES, help=_AXES_HELP)


def add_input(parser: argparse.ArgumentParser) -> None:
    """Add the options of what is planned on."""
    group = parser.add_argument_group('input', '--depth with --camera, or --cloud')
    add_depth(group)
    add_cloud(group, may_repeat=True)
    group.add_argument('--mask', type=Path, metavar='FILE', help=_MASK_HELP)
    group.add_argument(
        '--label',
        type=int,
        metavar='N',
        help='number of the only object in --mask that may be grasped',
    )
    group.add_argument(
        '--up',
        metavar='X,Y,Z',
        help='direction against gravity in the frame of the input; a cloud without --up is taken '
        'to be in an optical frame',
    )
    group.add_argument(
        '--viewpoint',
        metavar='X,Y,Z',
        help='position of the camera in the frame of the cloud, in metres',
    )


def require_one_input(args: argparse.Namespace) -> None:
    """Raise ValueError unless either --cloud is given, or --depth with --camera."""
    has_camera = args.camera is not None or (args.depth and args.depth.suffix.lower() == '.npz')
    of_image = [args.depth is not None, has_camera]
    if any(of_image) if args.cloud is not None else not all(of_image):
        raise ValueError('give either --cloud, or --depth with --camera')
    if args.cloud is None and args.cloud_axes is not None:
        raise ValueError('--cloud-axes is for --cloud')


def depth_image_of(
    args: argparse.Namespace, mask: Path | None = None, label: int | None = None
) -> DepthImage:
    """Read the depth image of the options.

    Raises:
        FileNotFoundError: A file is missing.
        ValueError: A file cannot be read, or the options do not go together.
    """
    return read_depth_image(args.depth, args.camera, mask, depth_scale_of(args), label)


def depth_scale_of(args: argparse.Namespace) -> float:
    """Return metres per stored unit of depth, 0 where the option is not given.

    Raises:
        ValueError: It is no length.
    """
    return checked_depth_scale(args.depth_scale)


def observation_of(args: argparse.Namespace) -> Observation:
    """Read what is planned on.

    Raises:
        FileNotFoundError: A file is missing.
        ValueError: A file cannot be read, or the options do not go together.
    """
    require_one_input(args)
    up = three_numbers('--up', args.up)
    if args.viewpoint and (args.cloud is None or up is None):
        raise ValueError('--viewpoint is for a --cloud with --up')
    if args.label is not None and args.mask is None:
        raise ValueError('--label is for --mask')
    if args.cloud is None:
        return of_image(*depth_image_of(args, args.mask, args.label), up=up)
    if len(args.cloud) > 1:
        return _of_several(args, up)
    points = cloud_of(args, args.cloud[0])
    mask, labels = _selection(args, points)
    if up is not None and args.cloud_axes is None:
        viewpoint = three_numbers('--viewpoint', args.viewpoint)
        return of_cloud(points, up, mask, labels, viewpoint)
    if args.viewpoint is not None:
        raise ValueError('--viewpoint is for a cloud in any frame, --cloud-axes of a camera')
    if args.cloud_axes is None:
        require_in_front(points)
        sys.stderr.write(f'{_OPTICAL_NOTE}\n')
    elif up is not None:
        up = turned(up, args.cloud_axes)
    return of_optical_cloud(points, mask, labels, up)


def cloud_of(args: argparse.Namespace, path: Path) -> NDArray[np.generic]:
    """Read a cloud in metres, with the axes that planners expect.

    Raises:
        FileNotFoundError: The file is missing.
        ValueError: It cannot be read, or is not in metres.
    """
    points, scale = read_cloud(path), depth_scale_of(args)
    if scale:
        points = points.astype(np.float32) * np.float32(scale)
    try:
        some_usable(points)
    except ValueError as error:
        hint = '--depth-scale says how many metres a unit is'
        raise ValueError(f'{path}: {error} {hint}') from error
    return turned(points, args.cloud_axes or 'optical')


def _selection(
    args: argparse.Namespace, points: NDArray[np.generic]
) -> tuple[NDArray[np.bool_] | None, NDArray[np.int32] | None]:
    """Return the mask and the labels of a cloud."""
    if args.mask is None:
        return None, None
    found = read_selection(args.mask, points.shape[:-1], args.label)
    return found.mask, found.labels


def _of_several(args: argparse.Namespace, up: NDArray[np.float64] | None) -> Observation:
    if up is None or args.mask or args.viewpoint or args.cloud_axes:
        raise ValueError(
            'several --cloud need --up, and take no --mask, --viewpoint or --cloud-axes'
        )
    clouds = [usable_points(cloud_of(args, path)) for path in args.cloud]
    return of_cloud(fused(clouds, up / np.linalg.norm(up)), up)


def three_numbers(option: str, text: str | None) -> NDArray[np.float64] | None:
    """Return (3,) of the text of an option; None where it is not given.

    Raises:
        ValueError: It is something else.
    """
    if text is None:
        return None
    try:
        x, y, z = map(float, text.split(','))
    except ValueError as error:
        raise ValueError(f'{option} is {text!r}, expected three numbers x,y,z') from error
    return np.array([x, y, z])
