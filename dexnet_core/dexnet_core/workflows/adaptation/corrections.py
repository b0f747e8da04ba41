"""Small corrections of an evaluator that few outcomes can teach."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from dexnet_core.workflows.adaptation.last_layers import LastLayers
import numpy as np
from numpy.typing import NDArray

_PRIOR = 2.0
"""Picks that the calibration so far counts as much as."""
_ROUNDS = 25
_RATE, _DECAYS = 3e-4, (0.9, 0.999)
_EPSILON = 1e-8
_LEAST = 0.05
"""Of a slope: more of a score never means less."""
_LARGEST = 30.0


class Examples(NamedTuple):
    """n grasps whose outcome is known.

    Attributes:
        seen: (n, d) what the last layers are given.
        held: (n,) bool.
    """

    seen: NDArray[np.floating]
    held: NDArray[np.bool_]

    def take(self, which: NDArray[np.generic]) -> Examples:
        """Return some of them."""
        return Examples(self.seen[which], self.held[which])


def log_losses(logits: NDArray[np.floating], held: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return (..., n) minus the logarithm of the probability of what happened."""
    return np.logaddexp(0, np.where(held, -logits, logits))


def probabilities(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the probabilities of logits."""
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -_LARGEST, _LARGEST))), float)


def calibration_of(
    logits: NDArray[np.floating], held: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the slope and offset (...,) that make logits (..., n) probabilities.

    Newton's method on the log loss, held back towards no change. Source: Platt, Probabilistic
    Outputs for Support Vector Machines, 1999.
    """
    z = np.asarray(logits, float)
    slope, offset = np.ones(z.shape[:-1]), np.zeros(z.shape[:-1])
    for _ in range(_ROUNDS):
        p = probabilities(slope[..., None] * z + offset[..., None])
        wrong, weight = p - held, p * (1 - p)
        first = (wrong * z).sum(-1) + _PRIOR * (slope - 1), wrong.sum(-1) + _PRIOR * offset
        a, b, c = (weight * z**2).sum(-1) + _PRIOR, (weight * z).sum(-1), weight.sum(-1) + _PRIOR
        scale = a * c - b * b
        slope = np.maximum(slope - np.clip((c * first[0] - b * first[1]) / scale, -1, 1), _LEAST)
        offset = offset - np.clip((a * first[1] - b * first[0]) / scale, -1, 1)
    return slope, offset


def tuned(
    layers: LastLayers, own: Examples, replay: Examples | None, steps: tuple[int, ...]
) -> Iterator[LastLayers]:
    """Yield the layers after some numbers of steps of Adam on all examples at once.

    Stopping early keeps them near what they were. Source: Kingma and Ba, ICLR 2015.

    Args:
        layers: To begin with.
        own: What is to be learnt.
        replay: Simulated grasps that must not be forgotten, which count as much; None for none.
        steps: Numbers of steps, in order.
    """
    sets = [own] if replay is None else [own, replay]
    values = [np.array(part, np.float32) for part in layers]
    first, second = ([np.zeros_like(value) for value in values] for _ in range(2))
    for step in range(1, steps[-1] + 1):
        slopes = [
            sum(parts) for parts in zip(*(_slopes(values, some) for some in sets), strict=True)
        ]
        for k, slope in enumerate(slopes):
            first[k] = _DECAYS[0] * first[k] + (1 - _DECAYS[0]) * slope
            second[k] = _DECAYS[1] * second[k] + (1 - _DECAYS[1]) * slope**2
            mean = first[k] / (1 - _DECAYS[0] ** step)
            spread = np.sqrt(second[k] / (1 - _DECAYS[1] ** step))
            values[k] = values[k] - np.float32(_RATE) * mean / (spread + _EPSILON)
        if step in steps:
            yield LastLayers(*(value.astype(float) for value in values))


def _slopes(values: list[NDArray[np.float32]], some: Examples) -> list[NDArray[np.float32]]:
    """Return the slopes of the mean log loss along hidden, its bias, answer and its bias."""
    hidden, hidden_bias, answer, answer_bias = values
    seen = some.seen.astype(np.float32)
    told = np.maximum(seen @ hidden.T + hidden_bias, 0)
    wrong = (probabilities(told @ answer + answer_bias) - some.held) / len(some.held)
    wrong = wrong.astype(np.float32)
    back = wrong[:, None] * answer * (told > 0)
    return [back.T @ seen, back.sum(axis=0), told.T @ wrong, wrong.sum()]
