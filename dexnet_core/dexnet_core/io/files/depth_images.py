"""What planners are given of a depth camera: an image, its camera and its mask."""

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
    """What a planner is given.

    Attributes:
        depth: (H, W) metres along the optical axis; 0 where nothing was seen.
        camera: Intrinsics.
        mask: (H, W) True where to plan; None to find out, or with labels.
        labels: (H, W) int32, the object of each pixel, 0 for none; None with a mask.
    """

    depth: NDArray[np.float32]
    camera: CameraIntrinsics
    mask: NDArray[np.bool_] | None = None
    labels: NDArray[np.int32] | None = None

    @property
    def allowed(self) -> NDArray[np.bool_] | None:
        """Where to plan, (H, W); None to find out."""
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
        path: Of the depth image.
        camera: Numbers or a file; None for a .npz of depth that has the camera in it.
        mask: Of the same size, a mask or labels; None for the planner to find out.
        scale: Metres per stored unit; 0 for what the file of the camera says, where depth is
            integers, or else for metres of floating point and millimetres of uint16.
        label: Of the mask, the one object to plan on; None for all.

    Raises:
        FileNotFoundError: A file is missing.
        ValueError: A file cannot be read, or does not go with the others.
    """
    stored = read_stored_depth(path)
    found = read_camera(camera or str(path), stored.shape, path.name)
    depth = metres_of(stored, path, scale, found.scale)
    if mask is None:
        return DepthImage(depth, found.intrinsics)
    selection = read_selection(mask, depth.shape, label)
    return DepthImage(depth, found.intrinsics, selection.mask, selection.labels)
