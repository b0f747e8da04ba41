"""A crop network at every place of an image: slow, and what heat maps are measured against."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

_CHUNK = 256


def slide(
    network: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    image: NDArray[np.float32],
    crop: int,
    stride: int = 1,
) -> NDArray[np.float32]:
    """Return the quality of every crop of an image.

    Args:
        network: The network: maps (n, 1, crop, crop) to (n,) quality; it is given a few hundred
            crops at a time, or a whole row of them.
        image: (H, W), as the network is fed; H and W at least `crop`.
        crop: Pixels of a crop's side.
        stride: Pixels from one crop to the next.

    Returns:
        (h, w) quality; (r, c) is that of the crop whose first pixel is stride * (r, c).
    """
    windows = np.lib.stride_tricks.sliding_window_view(image, (crop, crop))[::stride, ::stride]
    rows, columns = windows.shape[:2]
    each = max(1, _CHUNK // columns)
    parts = [
        network(windows[row : row + each].reshape(-1, 1, crop, crop))
        for row in range(0, rows, each)
    ]
    return np.concatenate(parts).reshape(rows, columns)
