"""A depth camera that shows one image from files over and over."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
import sys

from dexnet_core.io.files.depth_files import asked_scale
from dexnet_core.io.files.depth_images import DepthImage, read_depth_image
from dexnet_core.io.files.notes import notes_on_stderr
from dexnet_ros.depth_camera import DepthCamera
from dexnet_ros.parameters import refuse_unknown
from dexnet_ros.running import run
from rclpy.utilities import remove_ros_args

_NAME = 'depth_file'


class DepthFile(DepthCamera):
    """A depth camera that always sees what is in a file.

    Publishes what a DepthCamera does; its parameters are the same, with 32FC1 as default encoding.
    """

    def __init__(self, image: DepthImage) -> None:
        """Begin to publish an image, its camera and what may be grasped of it.

        Raises:
            ValueError: The mask is of another size than the image, or a parameter makes no sense.
        """
        super().__init__(_NAME, encoding='32FC1')
        refuse_unknown(self)
        if image.allowed is not None:
            image.camera.require_shape(image.allowed.shape, 'mask')
        self.start(image.camera, lambda: image.depth, image.allowed)


def main(arguments: Sequence[str] | None = None) -> int:
    """Publish until told to stop; return the exit status, 2 if a file cannot be used."""
    asked = _parser().parse_args(remove_ros_args(sys.argv)[1:] if arguments is None else arguments)
    return 2 if run(_NAME, lambda: DepthFile(_image(asked))) else 0


def _image(asked: argparse.Namespace) -> DepthImage:
    """Read the files of the options.

    Raises:
        ValueError: A file is not what it should be, or an option makes no sense.
        FileNotFoundError: There is no such file.
    """
    if asked.label is not None and asked.mask is None:
        raise ValueError('--label is for --mask')
    scale = asked_scale(asked.depth_scale)
    with notes_on_stderr(_NAME):
        return read_depth_image(asked.depth, asked.camera, asked.mask, scale, asked.label)


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
        help='.npy, .npz or image: float metres, or uint16, by default mm',
    )
    parser.add_argument(
        '--camera',
        required=True,
        help='camera_info YAML, .intr, .npy, fx,fy,cx,cy, or .mat, which says the units of uint16',
    )
    parser.add_argument(
        '--depth-scale',
        type=float,
        metavar='METRES',
        help='metres per unit of the numbers in --depth, such as 0.001 for millimetres',
    )
    parser.add_argument(
        '--mask', type=Path, help='image, .npy or .npz: a mask of where to plan, or labels'
    )
    parser.add_argument('--label', type=int, help='of --mask, the one object to plan on')
    return parser
