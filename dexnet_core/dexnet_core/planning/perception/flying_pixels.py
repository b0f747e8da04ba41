"""Detection of flying pixels: single pixels or small groups far from their surroundings."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

_STEP = 0.015
"""Maximum difference of neighbouring pixels of one surface, as a share of their depth."""
_PER_UNIT = 3000
"""Levels per unit of the logarithm of depth; 16 bits cover all distances."""
_NEAREST, _FARTHEST = 2e-3, 50.0
_SPECKLE = 16 / (640 * 480)
"""Maximum size of a connected group of flying pixels, as a share of the image."""
_LEAST_SEEN = 5
"""Minimum number of measured pixels, of nine, to classify a pixel."""
_MOST = 0.03
"""Maximum share of flying pixels among the measured pixels; more than that is noise."""


def flying_pixels(depth: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return the (H, W) mask of flying pixels.

    Stereo and time-of-flight cameras measure such pixels, mainly along the edges of objects and
    on reflecting surfaces. A gripper would close on them.

    Args:
        depth: (H, W) metres; 0 where nothing was seen.

    Returns:
        The mask; all False if the image is too noisy or too sparse to classify pixels.
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
