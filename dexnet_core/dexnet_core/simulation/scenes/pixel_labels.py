"""Grasp labels of the pixels of a view. Separate from rendering, so training needs no renderer."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class PixelLabels(NamedTuple):
    """Labels of n pixels.

    Attributes:
        pixels: (n, 2) uint16 pixel coordinates (u, v).
        quality: Float grasp quality in [0, 1]: (n,) for suction, (n, angles, offsets) for a jaw.
    """

    pixels: NDArray[np.uint16]
    quality: NDArray[np.floating]
