"""Metrics of predicted qualities."""

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
    """Observed success by predicted quality, in bins of equal width over [0, 1].

    Attributes:
        predicted: (bins,) mean prediction; NaN in an empty bin.
        observed: (bins,) share of good ones; NaN in an empty bin.
        count: (bins,) number of predictions.
    """

    predicted: NDArray[np.float64]
    observed: NDArray[np.float64]
    count: NDArray[np.int64]

    @property
    def expected_error(self) -> float:
        """Expected calibration error, bins weighted by count (Naeini et al., AAAI 2015)."""
        apart = np.nan_to_num(np.abs(self.predicted - self.observed))
        return float(apart @ self.count / self.count.sum())


@dataclass(frozen=True)
class PredictionMetrics:
    """Metrics of predictions.

    Attributes:
        count: Number of predictions.
        positives: Share of good ones.
        average_precision: NaN if nothing is good.
        accuracy: Share of correct predictions, if "good" means over the threshold.
        always_negative: Accuracy of predicting "bad" for all.
        calibration_error: See `Reliability.expected_error`.
    """

    count: int
    positives: float
    average_precision: float
    accuracy: float
    always_negative: float
    calibration_error: float


def metrics_of(quality: Scores, good: Truth, threshold: float) -> PredictionMetrics:
    """Return the metrics of (n,) predictions in [0, 1] with (n,) labels.

    Raises:
        ValueError: There are no predictions.
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
    """Compare (n,) predictions in [0, 1] with (n,) labels in bins."""
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
    """Return the metrics of each group; (n,) group numbers, predictions and labels."""
    return {
        int(group): metrics_of(quality[members], good[members], threshold)
        for group in np.unique(groups)
        for members in [groups == group]
    }


def precision_interval(
    quality: Scores, good: Truth, groups: NDArray[np.integer]
) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the average precision, over whole groups.

    Predictions within a group, such as an image, are not independent of each other. The interval
    is NaN if no draw has a good one.
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
    """Return the threshold with the highest accuracy, if "good" means over the threshold."""
    order = np.argsort(-quality, kind='stable')
    ranked = quality[order]
    last_of_ties = np.append(np.diff(ranked) != 0, True)
    gained = np.cumsum(np.where(good[order], 1, -1))[last_of_ties]
    if gained.max() <= 0:
        return float(ranked[0])
    border = int(gained.argmax())
    distinct = ranked[last_of_ties]
    if border + 1 == len(distinct):
        return -np.inf
    return float((distinct[border] + distinct[border + 1]) / 2)


def fitted_accuracy(quality: Scores, good: Truth, side: Truth) -> float:
    """Return the accuracy with two-fold thresholds: each half uses the best one of the other.

    Networks trained with other shares of good ones need other thresholds. Each network gets its
    best threshold without using the labels that it is evaluated on.

    Args:
        quality: (n,) predictions.
        good: (n,) labels.
        side: (n,) half that each prediction belongs to.

    Returns:
        The accuracy; NaN if all predictions are in one half.
    """
    if side.all() or not side.any():
        return float('nan')
    right = np.zeros(len(good), bool)
    for half in (side, ~side):
        threshold = best_threshold(quality[~half], good[~half])
        right[half] = (quality[half] > threshold) == good[half]
    return float(right.mean())
