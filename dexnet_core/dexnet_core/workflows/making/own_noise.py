"""Estimation of a camera's noise from its depth images of an empty table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dexnet_core.io.files.depth_files import read_depth
from dexnet_core.simulation.scenes.camera_setup import CameraSetup
from dexnet_core.simulation.scenes.noise_fit import fitted_strength

_LEAST, _SPREAD = 0.01, (0.5, 1.5)
"""Lower bound of the strength; the range of noise in trials, relative to the measured noise."""
_MOST = 20
"""Largest number of images that are read."""


def with_own_noise(camera: CameraSetup, folder: Path) -> CameraSetup:
    """Return a camera whose trials have the noise measured in images of an empty table.

    Args:
        camera: Camera with the intrinsics of the images.
        folder: Folder with only depth images, in formats that `read_depth` reads; at most 20 are
            read.

    Raises:
        FileNotFoundError: The folder does not exist or is empty.
        ValueError: A file is no depth image of this camera, or shows no empty table.
    """
    files = sorted(path for path in folder.glob('*') if path.is_file())
    if not files:
        raise FileNotFoundError(f'{folder} has no depth images of an empty table')
    some = files[:: -(-len(files) // _MOST)]
    images = [read_depth(path) for path in some]
    for path, image in zip(some, images, strict=True):
        camera.intrinsics.require_shape(image.shape, str(path))
    try:
        strength = max(fitted_strength(images, camera.fx), _LEAST)
    except ValueError as error:
        raise ValueError(f'{folder}: {error}') from error
    low, high = (share * strength for share in _SPREAD)
    return replace(camera, noise=(low, min(high, 1.0)), stereo=0.0)
