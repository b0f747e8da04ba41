"""Node that publishes one depth image from a file repeatedly, like a camera driver."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
import sys

from dexnet_core.io.files.depth_files import checked_depth_scale
from dexnet_core.io.files.depth_images import DepthImage, read_depth_image
from dexnet_core.io.files.notes import notes_on_stderr
from dexnet_ros.depth_camera import DepthCamera
from dexnet_ros.parameters import refuse_unknown
from dexnet_ros.running import run
from rclpy.utilities import remove_ros_args

_NAME = 'depth_file'


class DepthFile(DepthCamera):
    """Publishes one depth image from a file repeatedly.

    Topics and parameters are those of DepthCamera, with 32FC1 as default encoding.
    """

    def __init__(self, image: DepthImage) -> None:
        """Begin to publish an image, its camera info and its mask.

        Raises:
            ValueError: The mask has another size than the image, or a parameter is invalid.
        """
        super().__init__(_NAME, encoding='32FC1')
        refuse_unknown(self)
        if image.allowed is not None:
            image.camera.require_shape(image.allowed.shape, 'mask')
        self.start(image.camera, lambda: image.depth, image.allowed)


def main(arguments: Sequence[str] | None = None) -> int:
    """Publish until a stop signal; return the exit status, 2 if a file cannot be used."""
    args = _parser().parse_args(remove_ros_args(sys.argv)[1:] if arguments is None else arguments)
    return 2 if run(_NAME, lambda: DepthFile(_image(args))) else 0


def _image(args: argparse.Namespace) -> DepthImage:
    """Read the files of the options.

    Raises:
        ValueError: A file cannot be used, or an option is invalid.
        FileNotFoundError: A file does not exist.
    """
    if args.label is not None and args.mask is None:
        raise ValueError('--label is for --mask')
    scale = checked_depth_scale(args.depth_scale)
    with notes_on_stderr(_NAME):
        return read_depth_image(args.depth, args.camera, args.mask, scale, args.label)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=_NAME,
        description=__doc__,
        epilog=f'Example: {_NAME} --depth depth.png --camera 600,600,319.5,239.5',
    )
    parser.add_argument(
        '--depth',
        type=Path,
        required=True,
        help='depth image (.npy, .npz or image): float in metres, or uint16, by default in mm',
    )
    parser.add_argument(
        '--camera',
        required=True,
        help='camera_info YAML, .intr, .npy, fx,fy,cx,cy, or .mat, which has the unit of uint16',
    )
    parser.add_argument(
        '--depth-scale',
        type=float,
        metavar='METRES',
        help='metres per unit of --depth, such as 0.001 for millimetres',
    )
    parser.add_argument('--mask', type=Path, help='mask or label image (image, .npy or .npz)')
    parser.add_argument('--label', type=int, help='the only object of --mask to plan on')
    return parser
