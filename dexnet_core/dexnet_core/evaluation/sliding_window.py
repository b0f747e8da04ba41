"""Sliding-window evaluation of a crop network: a slow reference for heat maps."""

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
        network: Maps (n, 1, crop, crop) to (n,) quality; called with batches of some hundred crops
            or of a whole row.
        image: (H, W), normalised for the network; H and W at least `crop`.
        crop: Side of a crop, pixels.
        stride: Pixels between neighbouring crops.

    Returns:
        (h, w) quality; cell (r, c) is the crop whose top left pixel is stride * (r, c).
    """
    windows = np.lib.stride_tricks.sliding_window_view(image, (crop, crop))[::stride, ::stride]
    rows, columns = windows.shape[:2]
    each = max(1, _CHUNK // columns)
    parts = [
        network(windows[row : row + each].reshape(-1, 1, crop, crop))
        for row in range(0, rows, each)
    ]
    return np.concatenate(parts).reshape(rows, columns)
