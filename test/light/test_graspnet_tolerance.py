"""The displacement that grasps bear, against a search over all pairs and by hand."""

from dexnet_core.datasets.graspnet_files.tolerance import tolerances
import numpy as np
import pytest


def test_tolerance_is_what_comparing_all_pairs_gives():
    rng = np.random.default_rng(0)
    points = rng.uniform(0, 0.06, (60, 3))
    some = rng.choice([0.1, 0.5, 0.6], (60, 5, 3, 2), p=[0.5, 0.45, 0.05])
    scores = np.where(rng.random(some.shape) < 0.9, some, -1)
    expected = brute_force(points, scores)
    np.testing.assert_array_equal(tolerances(points, scores), expected)
    assert len(np.unique(expected)) > 10


def brute_force(points, scores):
    good = ((scores > 0) & (scores <= 0.55)).reshape(len(points), -1)
    found = np.zeros(good.shape)
    apart = np.linalg.norm(points[:, None] - points, axis=2)
    for row, distances in zip(found, apart, strict=True):
        for millimetre in range(51):
            bears = good[distances <= millimetre / 1000].mean(axis=0) >= 0.8
            if not bears.any():
                break
            row[bears] = millimetre / 1000
    return found.reshape(scores.shape).astype(np.float32)


def test_tolerance_by_hand():
    """A row of points 4 mm apart, of which the last two are bad: 4 of 5 good ones do."""
    points = np.arange(6)[:, None] * [0.004, 0, 0]
    scores = np.array([0.1, 0.1, 0.1, 0.5, 0.56, -1])[:, None]
    borne = tolerances(points, scores)[:, 0]
    np.testing.assert_allclose(borne, [0.019, 0.015, 0.011, 0.003, 0, 0], atol=1e-7)


def test_points_and_scores_must_belong_together():
    with pytest.raises(ValueError, match=r'\(4, 3\) and \(5, 2\)'):
        tolerances(np.zeros((4, 3)), np.zeros((5, 2)))
