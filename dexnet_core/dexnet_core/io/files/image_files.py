"""Images as they are stored, and pictures for people."""

from __future__ import annotations

from pathlib import Path

import cv2
from dexnet_core.io.files.atomic import atomic_path
import numpy as np
from numpy.typing import NDArray


def read_image(path: Path) -> NDArray[np.generic]:
    """Read (H, W) or (H, W, channels) as they are stored, colours in the order of OpenCV.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file cannot be read.
    """
    if not path.is_file():
        raise FileNotFoundError(f'image {path} does not exist')
    data = np.fromfile(path, np.uint8)
    image = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
    if image is None:
        raise ValueError(f'{path} is not an image that can be read')
    return image


def require_picture(path: Path) -> None:
    """Raise ValueError unless a picture can be written there: no folder, and a known ending."""
    if path.is_dir():
        raise ValueError(f'picture {path} is a folder, expected a file such as {path}/sheet.png')
    if not cv2.haveImageWriter(str(path)):
        got = f'picture {path} ends in {path.suffix!r}'
        raise ValueError(f'{got}, expected a kind of picture such as .png or .jpg')


def write_picture(path: Path, picture: NDArray[np.integer]) -> None:
    """Write an image as its ending says, whole or not at all, colours in the order of OpenCV.

    Raises:
        ValueError: As of `require_picture`.
        OSError: It cannot be written so.
    """
    require_picture(path)
    with atomic_path(path) as scratch:
        if not cv2.imwrite(str(scratch), picture):
            raise OSError(f'{path} cannot be written as a picture')
