"""Metrics are those of a slow count."""

from dexnet_core.evaluation.reports.padding import difference
from dexnet_core.evaluation.reports.prediction_metrics import (
    best_threshold,
    fitted_accuracy,
    metrics_by,
    metrics_of,
    precision_interval,
    reliability,
)
import numpy as np
import pytest


def predictions(count=200):
    """Predictions with ties, and truths that go along with them."""
    rng = np.random.default_rng(3)
    quality = np.round(rng.random(count), 2)
    return quality, rng.random(count) < 0.6 * quality


def test_average_precision_is_the_area_of_a_slow_count():
    quality, good = predictions()
    area, before = 0.0, 0.0
    for threshold in sorted(set(quality), reverse=True):
        taken = quality >= threshold
        recall = good[taken].sum() / good.sum()
        area += (recall - before) * good[taken].mean()
        before = recall
    metrics = metrics_of(quality, good, 0.5)
    assert metrics.average_precision == pytest.approx(area)
    right = sum((quality[k] > 0.5) == good[k] for k in range(len(good)))
    assert metrics.accuracy == pytest.approx(right / len(good))
    assert metrics.always_negative == pytest.approx(1 - metrics.positives)


def test_calibration_error_of_made_up_predictions():
    quarter = np.repeat([0.25, 0.95], [40, 20])
    honest = np.arange(60) % 4 == 0
    honest[40:] = np.arange(20) < 19
    assert reliability(quarter, honest).expected_error == pytest.approx(0)
    never = reliability(quarter, np.zeros(60, bool))
    assert never.expected_error == pytest.approx((40 * 0.25 + 20 * 0.95) / 60)
    assert never.count.sum() == 60
    assert reliability(np.ones(3), np.ones(3, bool)).count[-1] == 3


def test_best_threshold_is_that_of_trying_all():
    quality, good = predictions()
    tried = [-np.inf, *np.unique(quality)]
    most = max(((quality > threshold) == good).mean() for threshold in tried)
    assert ((quality > best_threshold(quality, good)) == good).mean() == pytest.approx(most)
    assert not (quality > best_threshold(quality, np.zeros(200, bool))).any()
    assert (quality > best_threshold(quality, np.ones(200, bool))).all()


def test_fitted_accuracy_does_not_see_its_own_answers():
    quality = np.tile([0.1, 0.2, 0.3, 0.4], 2)
    good = np.array([0, 0, 1, 1, 0, 1, 1, 1], bool)
    side = np.arange(8) < 4
    assert fitted_accuracy(quality, good, side) == pytest.approx(6 / 8)
    assert np.isnan(fitted_accuracy(quality, good, np.ones(8, bool)))


def test_groups_add_up_to_the_whole():
    quality, good = predictions()
    groups = np.random.default_rng(0).integers(5, size=len(good))
    whole, parts = metrics_of(quality, good, 0.5), metrics_by(groups, quality, good, 0.5)
    assert sum(part.count for part in parts.values()) == whole.count
    right = sum(part.count * part.accuracy for part in parts.values())
    assert right / whole.count == pytest.approx(whole.accuracy)
    assert sum(part.count * part.positives for part in parts.values()) == pytest.approx(good.sum())


def test_interval_is_a_point_where_all_groups_are_alike():
    quality, good = predictions()
    found = metrics_of(quality, good, 0.5).average_precision
    low, high = precision_interval(quality, good, np.arange(len(good)))
    assert low < found < high
    alike = precision_interval(np.tile(quality, 4), np.tile(good, 4), np.repeat(range(4), 200))
    assert alike == pytest.approx((found, found))
    nothing = precision_interval(quality, np.zeros(200, bool), np.arange(200))
    assert np.isnan(nothing).all()


def test_difference_of_maps():
    one = np.array([[0.0, 0.5], [1.0, 0.25]])
    found = difference(one, 1 - one)
    assert found.most == 1
    assert found.mean == pytest.approx((1 + 0 + 1 + 0.5) / 4)
    assert found.p95 == 1
    assert found.correlation == pytest.approx(-1)
