"""Reading of image files, and writing of pictures."""

from __future__ import annotations

from pathlib import Path

import cv2
from dexnet_core.io.files.atomic import atomic_path
import numpy as np
from numpy.typing import NDArray


def read_image(path: Path) -> NDArray[np.generic]:
    """Read an image (H, W) or (H, W, channels) with its stored dtype, colours in BGR order.

    Raises:
        FileNotFoundError: The file does not exist.
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
    """Raise ValueError if the path is a folder, or if OpenCV cannot write its file type."""
    if path.is_dir():
        raise ValueError(f'picture {path} is a folder, expected a file such as {path}/sheet.png')
    if not cv2.haveImageWriter(str(path)):
        got = f'picture {path} ends in {path.suffix!r}'
        raise ValueError(f'{got}, expected an image format such as .png or .jpg')


def write_picture(path: Path, picture: NDArray[np.integer]) -> None:
    """Write an image atomically in the format of its suffix, colours in BGR order.

    Raises:
        ValueError: As in `require_picture`.
        OSError: The image cannot be written.
    """
    require_picture(path)
    with atomic_path(path) as scratch:
        if not cv2.imwrite(str(scratch), picture):
            raise OSError(f'{path} cannot be written as a picture')
