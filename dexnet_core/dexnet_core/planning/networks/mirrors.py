"""Mirrored inputs of a grasp evaluator.

A grasp and its mirror image hold equally well, but the network's answers for them differ a little.
Training uses random mirror images; the mean of all four is a better answer than one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dexnet_core.planning.networks.logits import logits_of, probabilities_of
import numpy as np
from numpy.typing import NDArray

_BEST = 8
"""Number of the best grasps that are evaluated with their mirror images."""

Arrays = NDArray[np.float32]
Run = Callable[[Arrays, Arrays], Arrays]


def mirrored(
    patches: Arrays, context: Arrays, names: Sequence[str], *, along_x: bool, along_y: bool
) -> tuple[Arrays, Arrays]:
    """Return the inputs of the mirror images of grasps.

    Args:
        patches: (n, channels, rows, columns); columns run along x, rows along y.
        context: (n, k) values.
        names: Names of the k values; `down_x` and `down_y` change their sign.
        along_x: Whether x changes its sign.
        along_y: Whether y changes its sign.
    """
    context = context.copy()
    for flips, axis, name in ((along_x, 3, 'down_x'), (along_y, 2, 'down_y')):
        if flips:
            patches = np.flip(patches, axis)
            if name in names:
                context[:, list(names).index(name)] *= -1
    return np.ascontiguousarray(patches), context


def best_over_mirrors(run: Run, patches: Arrays, context: Arrays, names: Sequence[str]) -> Arrays:
    """Return (n,) probabilities; those of the best grasps are means over mirror images.

    For the arguments, see `mean_over_mirrors`.
    """
    scores = run(patches, context).copy()
    best = np.argsort(-scores, kind='stable')[:_BEST]
    scores[best] = _mean_with_mirrors(scores[best], run, patches[best], context[best], names)
    return scores


def mean_over_mirrors(run: Run, patches: Arrays, context: Arrays, names: Sequence[str]) -> Arrays:
    """Return (n,) probabilities, with the mean logit of the grasps and their mirror images.

    Args:
        run: Maps patches and context to (n,) probabilities.
        patches: (n, channels, rows, columns).
        context: (n, k) values.
        names: Names of the k values.
    """
    return _mean_with_mirrors(run(patches, context), run, patches, context, names)


def _mean_with_mirrors(
    scores: Arrays, run: Run, patches: Arrays, context: Arrays, names: Sequence[str]
) -> Arrays:
    """Return the mean over the scores (n,) of grasps and those of their mirror images."""
    images = [
        mirrored(patches, context, names, along_x=along_x, along_y=along_y)
        for along_x, along_y in ((False, True), (True, False), (True, True))
    ]
    together = (np.concatenate(arrays) for arrays in zip(*images, strict=True))
    found = np.concatenate([scores, run(*together)])
    return probabilities_of(logits_of(found).reshape(1 + len(images), -1).mean(axis=0))
