"""Classification metrics of predicted probabilities."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class PrecisionRecall(NamedTuple):
    """The precision-recall curve at every distinct score, highest score first.

    Attributes:
        precision: (n,) precision at each threshold.
        recall: (n,) recall at each threshold.
    """

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]


def precision_recall(scores: NDArray[np.floating], good: NDArray[np.bool_]) -> PrecisionRecall:
    """Return the curve of (N,) scores and (N,) labels; equal scores form one threshold.

    Raises:
        ValueError: No label is good, so the recall is undefined.
    """
    if not good.any():
        raise ValueError('no good example, so there is no recall')
    order = np.argsort(-scores, kind='stable')
    last_of_ties = np.append(np.diff(scores[order]) != 0, True)
    hits = np.cumsum(good[order])[last_of_ties]
    taken = np.arange(1, len(scores) + 1)[last_of_ties]
    return PrecisionRecall(hits / taken, hits / good.sum())


def average_precision(scores: NDArray[np.floating], good: NDArray[np.bool_]) -> float:
    """Return the sum of precision times the step in recall."""
    precision, recall = precision_recall(scores, good)
    return float(np.sum(precision * np.diff(recall, prepend=0.0)))
