"""Pixels in the air: single ones or a few, far from all that is around them."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

_STEP = 0.015
"""Share of their depth by which neighbouring pixels of one surface differ at most."""
_PER_UNIT = 3000
"""Levels of the logarithm of depth; 16 bits reach over all distances."""
_NEAREST, _FARTHEST = 2e-3, 50.0
_SPECKLE = 16 / (640 * 480)
"""Share of an image that hangs together at most, if it is in the air."""
_LEAST_SEEN = 5
"""Measured pixels of nine without which nobody can tell."""
_MOST = 0.03
"""Share of what was measured that is in the air at most; more than that is noise."""


def flying_pixels(depth: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return (H, W) which pixels hang in the air, alone or a few together.

    Stereo and time-of-flight cameras measure such pixels, above all along the edges of objects
    and where a surface reflects. A gripper would close on them.

    Args:
        depth: (H, W) metres; 0 where nothing was seen.

    Returns:
        All False where the image is so noisy or so sparse that nobody can tell.
    """
    seen = depth > 0
    levels = cv2.log(np.clip(depth, _NEAREST, _FARTHEST)) - math.log(_NEAREST / 2)
    surfaces = np.where(seen, levels * _PER_UNIT, 0).astype(np.int16)
    largest = max(2, round(_SPECKLE * depth.size))
    cv2.filterSpeckles(surfaces, 0, largest, round(_STEP * _PER_UNIT))
    around = cv2.boxFilter(seen.astype(np.uint8), -1, (3, 3), normalize=False)
    flying: NDArray[np.bool_] = seen & (surfaces == 0) & (around >= _LEAST_SEEN)
    if np.count_nonzero(flying) > _MOST * np.count_nonzero(seen):
        flying[:] = False
    return flying
