"""The best cells that no neighbour exceeds, and places that keep their distance."""

from dexnet_core.planning.planners.peaks import best_of_blocks, keep_apart, local_peaks
import numpy as np
import pytest


def test_peaks_are_local_and_sorted():
    cells = np.zeros((1, 20, 20), np.float32)
    cells[0, [5, 5, 15, 10], [5, 6, 3, 10]] = 0.9, 0.8, 0.95, 0.1
    allowed = np.ones((20, 20), bool)
    assert local_peaks(cells, allowed, 0.2, 10).cells.tolist() == [[3, 15], [5, 5]]
    assert local_peaks(cells, allowed, 0.2, 1).cells.tolist() == [[3, 15]]
    allowed[15, 3] = False
    assert local_peaks(cells, allowed, 0.2, 10).cells.tolist() == [[5, 5]]


def test_keep_apart_takes_the_first():
    points = np.array([[0, 0, 0], [0.01, 0, 0], [0.03, 0, 0], [0.05, 0, 0]], float)
    assert keep_apart(points, 0.02, 10) == [0, 2, 3]
    assert keep_apart(points, 0.02, 2) == [0, 2]


def test_peaks_of_channels_are_those_of_brute_force():
    rng = np.random.default_rng(0)
    cells = rng.random((3, 12, 9)).astype(np.float32)
    allowed = rng.random((12, 9)) < 0.8
    found = local_peaks(cells, allowed, 0.6, 1000)
    masked = np.where(allowed, cells, -1)
    wanted = {
        (c, r, k)
        for c, r, k in np.ndindex(*cells.shape)
        if allowed[r, k]
        and cells[c, r, k] >= 0.6
        and cells[c, r, k] >= masked[c, max(r - 1, 0) : r + 2, max(k - 1, 0) : k + 2].max()
    }
    assert wanted == {
        (c, r, k) for c, (k, r) in zip(found.channels, found.cells.tolist(), strict=True)
    }
    assert (np.diff(found.scores) <= 0).all()
    assert len(local_peaks(cells, allowed, 0.6, 2).scores) == 2
    assert len(local_peaks(cells, ~(allowed | True), 0.0, 5).scores) == 0


def test_peaks_far_below_the_best_cells_are_found():
    row, column = np.mgrid[:60, :80]
    cells = np.where(column < 70, 0.9 - 1e-3 * row - 1e-4 * column, 0).astype(np.float32)[None]
    lonely = np.arange(0, 60, 10)
    cells[0, lonely, 75] = 0.01 + 1e-3 * lonely
    found = local_peaks(cells, np.ones((60, 80), bool), 0.005, 10)
    wanted = [[0, 0], *([75, k] for k in lonely[::-1].tolist())]
    assert found.cells.tolist() == wanted
    assert local_peaks(cells, np.ones((60, 80), bool), 0.005, 3).cells.tolist() == wanted[:3]


@pytest.mark.parametrize('side', [0, 1, 3, 5, 40])
def test_the_best_of_each_block_is_that_of_brute_force(side):
    rng = np.random.default_rng(0)
    cells, allowed = rng.random((12, 17)).astype(np.float32), rng.random((12, 17)) < 0.5
    allowed[:6, :6] = False
    found = best_of_blocks(cells, allowed, side)
    best = {}
    for row, column in np.argwhere(allowed):
        block = row // max(side, 1), column // max(side, 1)
        best[block] = max(best.get(block, (0, 0, 0)), (cells[row, column], column, row))
    wanted = [[column, row] for _, column, row in sorted(best.values(), reverse=True)]
    assert found.tolist() == wanted


def test_a_block_larger_than_the_image_is_the_image():
    cells = np.random.default_rng(0).random((5, 7)).astype(np.float32)
    best = best_of_blocks(cells, np.ones(cells.shape, bool), 10**12)
    assert best.tolist() == [[cells.argmax() % 7, cells.argmax() // 7]]
