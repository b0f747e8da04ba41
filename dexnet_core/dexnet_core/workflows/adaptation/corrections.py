"""Corrections of an evaluator with few parameters, fitted to few outcomes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from dexnet_core.geometry.array_records import rows
from dexnet_core.workflows.adaptation.last_layers import LastLayers
import numpy as np
from numpy.typing import NDArray

_PRIOR = 2.0
"""Weight of the prior (no change) in the calibration, in picks."""
_ROUNDS = 25
_RATE, _DECAYS = 3e-4, (0.9, 0.999)
_EPSILON = 1e-8
_LEAST = 0.05
"""Lower bound of the slope, so that the calibration stays increasing."""
_LARGEST = 30.0


class Examples(NamedTuple):
    """n grasps with known outcomes.

    Attributes:
        features: (n, d) inputs of the last layers.
        held: (n,) bool outcomes.
    """

    features: NDArray[np.floating]
    held: NDArray[np.bool_]

    def take(self, which: NDArray[np.generic]) -> Examples:
        """Return a subset."""
        return rows(self, which)


def log_losses(logits: NDArray[np.floating], held: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the (..., n) log losses of logits and outcomes."""
    return np.logaddexp(0, np.where(held, -logits, logits))


def probabilities(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the probabilities of logits."""
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -_LARGEST, _LARGEST))), float)


def calibration_of(
    logits: NDArray[np.floating], held: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the (...,) slopes and offsets that calibrate (..., n) logits.

    Newton's method on the log loss with a Gaussian prior centred at no change. Source: Platt,
    Probabilistic Outputs for Support Vector Machines, 1999.
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
    layers: LastLayers, real: Examples, replay: Examples | None, steps: tuple[int, ...]
) -> Iterator[LastLayers]:
    """Yield the layers after given numbers of Adam steps, each step on all examples.

    Early stopping keeps the weights close to their initial values. Source: Kingma and Ba, ICLR
    2015.

    Args:
        layers: Initial layers.
        real: Executed picks to train on.
        replay: Simulated grasps used to prevent forgetting, with equal weight; None: not used.
        steps: Numbers of steps, ascending.
    """
    sets = [real] if replay is None else [real, replay]
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
    """Return the gradients of the mean log loss: hidden, its bias, output, its bias."""
    hidden, hidden_bias, output, output_bias = values
    features = some.features.astype(np.float32)
    activation = np.maximum(features @ hidden.T + hidden_bias, 0)
    wrong = (probabilities(activation @ output + output_bias) - some.held) / len(some.held)
    wrong = wrong.astype(np.float32)
    back = wrong[:, None] * output * (activation > 0)
    return [back.T @ features, back.sum(axis=0), activation.T @ wrong, wrong.sum()]
