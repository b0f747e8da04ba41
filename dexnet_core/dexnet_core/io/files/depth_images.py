"""Input of a planner from files: depth image, camera intrinsics and mask."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.io.files.camera_files import read_camera
from dexnet_core.io.files.depth_files import metres_of, read_stored_depth
from dexnet_core.io.files.mask_files import read_selection
import numpy as np
from numpy.typing import NDArray


class DepthImage(NamedTuple):
    """A depth image with its camera and its mask or labels.

    Attributes:
        depth: (H, W) metres along the optical axis; 0 = no measurement.
        camera: Intrinsics.
        mask: (H, W) True where grasps are allowed; None if there are labels, or if the planner
            segments the image itself.
        labels: (H, W) int32 object of each pixel, 0 = no object; None if there is a mask.
    """

    depth: NDArray[np.float32]
    camera: CameraIntrinsics
    mask: NDArray[np.bool_] | None = None
    labels: NDArray[np.int32] | None = None

    @property
    def allowed(self) -> NDArray[np.bool_] | None:
        """(H, W) True where grasps are allowed; None if the planner segments the image itself."""
        return self.mask if self.labels is None else self.labels != 0


def read_depth_image(
    path: Path,
    camera: str | None,
    mask: Path | None = None,
    scale: float = 0.0,
    label: int | None = None,
) -> DepthImage:
    """Read a depth image, its camera and its mask.

    See `read_depth`, `read_camera` and `read_selection`.

    Args:
        path: Path of the depth image.
        camera: Numbers or a file; None for a .npz depth file that contains the camera.
        mask: File with a mask or labels of the same size; None = the planner segments the image.
        scale: Metres per stored unit; 0 = the scale of the camera file for integers, or else
            metres for floating point and millimetres for uint16.
        label: The only object of the mask to plan on; None = all objects.

    Raises:
        FileNotFoundError: A file does not exist.
        ValueError: A file cannot be read, or does not match the others.
    """
    stored = read_stored_depth(path)
    found = read_camera(camera or str(path), stored.shape, path.name)
    depth = metres_of(stored, path, scale, found.scale)
    if mask is None:
        return DepthImage(depth, found.intrinsics)
    selection = read_selection(mask, depth.shape, label)
    return DepthImage(depth, found.intrinsics, selection.mask, selection.labels)
