"""Logits of probabilities, and probabilities of logits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_LEAST = 1e-6
"""Least distance of a probability from 0 and from 1 before its logit is taken."""


def logits_of(probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the finite logits of probabilities in [0, 1], in any shape."""
    clipped = np.clip(probabilities.astype(float), _LEAST, 1 - _LEAST)
    logits: NDArray[np.float64] = np.log(clipped / (1 - clipped))
    return logits


def probabilities_of(logits: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the float32 probabilities of logits, in any shape."""
    probabilities: NDArray[np.float32] = (1 / (1 + np.exp(-logits))).astype(np.float32)
    return probabilities
