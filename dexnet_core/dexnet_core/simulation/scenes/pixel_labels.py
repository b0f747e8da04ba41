"""Labels of the pixels of a view; nothing here renders, so that training reads them without."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class PixelLabels(NamedTuple):
    """Labels of n pixels.

    Attributes:
        pixels: (n, 2) uint16 (u, v).
        quality: (n, ...) float in [0, 1]: (n,) of suction, (n, angles, offsets) of a jaw.
    """

    pixels: NDArray[np.uint16]
    quality: NDArray[np.floating]
