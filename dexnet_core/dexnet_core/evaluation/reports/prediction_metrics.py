"""Metrics of the qualities that a model file predicts; plain functions of arrays."""

from __future__ import annotations

from dataclasses import dataclass

from dexnet_core.training.metrics import average_precision
import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.floating]
Truth = NDArray[np.bool_]

_BINS = 10
_ROUNDS = 300
_INTERVAL = (2.5, 97.5)


@dataclass(frozen=True)
class Reliability:
    """How often what is predicted comes true, in bins of equal width over [0, 1].

    Attributes:
        predicted: (bins,) mean prediction; NaN in an empty bin.
        observed: (bins,) share of good ones; NaN in an empty bin.
        count: (bins,) predictions.
    """

    predicted: NDArray[np.float64]
    observed: NDArray[np.float64]
    count: NDArray[np.int64]

    @property
    def expected_error(self) -> float:
        """Mean distance of the two, each bin by its count (Naeini et al., AAAI 2015)."""
        apart = np.nan_to_num(np.abs(self.predicted - self.observed))
        return float(apart @ self.count / self.count.sum())


@dataclass(frozen=True)
class PredictionMetrics:
    """How good predictions are.

    Attributes:
        count: Predictions.
        positives: Share of good ones.
        average_precision: NaN where nothing is good.
        accuracy: Share of right answers of "good iff over the threshold".
        always_negative: Accuracy of calling everything bad.
        calibration_error: See `Reliability.expected_error`.
    """

    count: int
    positives: float
    average_precision: float
    accuracy: float
    always_negative: float
    calibration_error: float


def metrics_of(quality: Scores, good: Truth, threshold: float) -> PredictionMetrics:
    """Return the metrics of (n,) predictions in [0, 1] of (n,) truths.

    Raises:
        ValueError: There are none.
    """
    if not len(good):
        raise ValueError('nothing to evaluate: there are 0 predictions, expected at least 1')
    return PredictionMetrics(
        count=len(good),
        positives=float(good.mean()),
        average_precision=average_precision(quality, good) if good.any() else float('nan'),
        accuracy=float(((quality > threshold) == good).mean()),
        always_negative=float(1 - good.mean()),
        calibration_error=reliability(quality, good).expected_error,
    )


def reliability(quality: Scores, good: Truth) -> Reliability:
    """Compare (n,) predictions in [0, 1] with (n,) truths, bin by bin."""
    place = np.minimum((np.asarray(quality) * _BINS).astype(int), _BINS - 1)
    count = np.bincount(place, minlength=_BINS)
    with np.errstate(invalid='ignore'):
        predicted, observed = (
            np.bincount(place, values, _BINS) / count for values in (quality, good)
        )
    return Reliability(predicted, observed, count)


def metrics_by(
    groups: NDArray[np.integer], quality: Scores, good: Truth, threshold: float
) -> dict[int, PredictionMetrics]:
    """Return the metrics of each numbered group (n,) of predictions."""
    return {
        int(group): metrics_of(quality[own], good[own], threshold)
        for group in np.unique(groups)
        for own in [groups == group]
    }


def precision_interval(
    quality: Scores, good: Truth, groups: NDArray[np.integer]
) -> tuple[float, float]:
    """Return the 95 % interval of average precision, by drawing whole groups anew.

    Predictions within a group, such as an image, are not independent of each other.
    NaN where hardly any draw has a good one.
    """
    rng = np.random.default_rng(0)
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    found = []
    for _ in range(_ROUNDS):
        chosen = np.concatenate(
            [members[k] for k in rng.integers(len(members), size=len(members))]
        )
        if good[chosen].any():
            found.append(average_precision(quality[chosen], good[chosen]))
    low, high = np.percentile(found, _INTERVAL) if found else (np.nan, np.nan)
    return float(low), float(high)


def best_threshold(quality: Scores, good: Truth) -> float:
    """Return the threshold of "good iff over it" with most right answers."""
    order = np.argsort(-quality, kind='stable')
    ranked = quality[order]
    last_of_ties = np.append(np.diff(ranked) != 0, True)
    gained = np.cumsum(np.where(good[order], 1, -1))[last_of_ties]
    if gained.max() <= 0:
        return float(ranked[0])
    border = int(gained.argmax())
    kept = ranked[last_of_ties]
    return float((kept[border] + kept[border + 1]) / 2) if border + 1 < len(kept) else -np.inf


def fitted_accuracy(quality: Scores, good: Truth, side: Truth) -> float:
    """Return the accuracy at a threshold that each half was given by the other.

    Networks that were trained with other shares of good ones have thresholds of their own; this
    gives each its best one without letting it see the answers.

    Args:
        quality: (n,) predictions.
        good: (n,) truths.
        side: (n,) which half each is in.

    Returns:
        NaN where all are in one half.
    """
    if side.all() or not side.any():
        return float('nan')
    right = np.zeros(len(good), bool)
    for half in (side, ~side):
        threshold = best_threshold(quality[~half], good[~half])
        right[half] = (quality[half] > threshold) == good[half]
    return float(right.mean())
