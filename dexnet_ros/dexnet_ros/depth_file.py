"""A depth camera that shows one image from files over and over."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
import sys

from dexnet_core.files.depth_images import read_depth_image
from dexnet_ros.depth_camera import DepthCamera
from dexnet_ros.parameters import refuse_unknown
from dexnet_ros.running import run
from rclpy.utilities import remove_ros_args

_NAME = 'depth_file'


class DepthFile(DepthCamera):
    """A depth camera that always sees what is in a file.

    Publishes what a DepthCamera does; its parameters are the same, with 32FC1 as default encoding.
    """

    def __init__(self, depth: Path, camera: str, mask: Path | None) -> None:
        """Read the files and begin to publish.

        Args:
            depth: A .npy or image file: float metres, or uint16, by default millimetres.
            camera: A file with intrinsics, or fx,fy,cx,cy; a .mat also says the units of uint16.
            mask: A .npy or image file, non-zero where to plan.

        Raises:
            ValueError: A file is not what it should be, or of another size than the others.
            FileNotFoundError: There is no such file.
        """
        super().__init__(_NAME, encoding='32FC1')
        refuse_unknown(self)
        image = read_depth_image(depth, camera, mask)
        if image.allowed is not None:
            image.camera.require_shape(image.allowed.shape, 'mask')
        self.start(image.camera, lambda: image.depth, image.allowed)


def main(arguments: Sequence[str] | None = None) -> int:
    """Publish until told to stop; return the exit status, 2 if a file cannot be used."""
    parser = argparse.ArgumentParser(
        prog=_NAME,
        description=__doc__,
        epilog=f'Example: {_NAME} --depth depth.png --camera 600,600,319.5,239.5',
    )
    parser.add_argument(
        '--depth',
        type=Path,
        required=True,
        help='.npy or image: float metres, or uint16, by default mm',
    )
    parser.add_argument(
        '--camera',
        required=True,
        help='camera_info YAML, .intr, .npy, fx,fy,cx,cy, or .mat, which says the units of uint16',
    )
    parser.add_argument('--mask', type=Path, help='.npy or image; non-zero = plan here')
    asked = parser.parse_args(remove_ros_args(sys.argv)[1:] if arguments is None else arguments)
    return 2 if run(_NAME, lambda: DepthFile(asked.depth, asked.camera, asked.mask)) else 0
