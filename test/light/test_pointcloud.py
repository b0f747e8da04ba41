"""Sampling and neighbours give what the plain definitions of the operators give."""

from dexnet_core.geometry.pointcloud import sampling
from dexnet_core.geometry.pointcloud.neighbours import Cylinder, ScannedCloud, three_nearest
from dexnet_core.geometry.pointcloud.overlaps import overlaps
from dexnet_core.geometry.pointcloud.runs import runs_of
from dexnet_core.geometry.pointcloud.sampling import farthest_levels, farthest_points
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

CYLINDER = Cylinder(0.05, -0.02, (0.01, 0.02, 0.03, 0.04))


def squared(differences):
    x, y, z = np.moveaxis(differences, -1, 0)
    return (x * x + y * y) + z * z


def plain_farthest(points, count):
    """Every thread searches its points; then halves of threads are compared until one is left."""
    threads = 1 << min(len(points).bit_length() - 1, 9)
    usable = np.flatnonzero(squared(points).astype(float) > 1e-3)
    far, chosen = np.full(len(points), 1e10, np.float32), [0]
    while len(chosen) < count:
        far[usable] = np.minimum(far[usable], squared(points[usable] - points[chosen[-1]]))
        best = [(np.float32(-1), 0)] * threads
        for k in usable:
            if far[k] > best[k % threads][0]:
                best[k % threads] = far[k], int(k)
        while len(best) > 1:
            half = len(best) // 2
            best = [b if b[0] > a[0] else a for a, b in zip(best[:half], best[half:], strict=True)]
        chosen.append(best[0][1])
    return chosen


def clouds():
    rng = np.random.default_rng(0)
    grid = np.stack(np.meshgrid(*[np.arange(1, 9)] * 3), axis=-1).reshape(-1, 3) * 0.125
    table = np.column_stack([rng.uniform(-0.3, 0.3, (700, 2)), np.full(700, 0.5)])
    return {
        'random': rng.normal(size=(900, 3)),
        'surface': table + rng.normal(scale=1e-3, size=table.shape),
        'grid of equal distances': grid[rng.permutation(len(grid))],
        'every point three times': np.tile(rng.uniform(0.5, 1, (300, 3)), (3, 1)),
        'around the origin': rng.normal(scale=0.03, size=(600, 3)),
        'only padding': rng.uniform(-0.01, 0.01, (40, 3)),
        'all equal': np.full((100, 3), 0.5),
        'one': np.ones((1, 3)),
        'on the border of padding': np.array([[0, 0, 1], [0.01, 0.0300000012, 0], [0, 0, 0.9]]),
        'two': np.array([[0, 0, 0], [0, 0, 1]]),
        'far away': rng.normal(size=(500, 3)) + 1000,
        'first is padding': np.vstack([np.zeros((1, 3)), rng.normal(size=(77, 3))]),
        'hardly apart': np.array([[1, 0, 0], [1, 1e-22, 0], [1, 2e-22, 0], [1, -1e-22, 0]]),
    }


CLOUDS = {name: points.astype(np.float32) for name, points in clouds().items()}


@pytest.mark.parametrize('name', CLOUDS)
def test_farthest_points_are_those_of_the_definition(name):
    points = CLOUDS[name]
    count = min(2 * len(points), 200)
    chosen = farthest_points(points, count)
    assert chosen.dtype == np.int32
    np.testing.assert_array_equal(chosen, plain_farthest(points, count))


@pytest.mark.parametrize('name', CLOUDS)
def test_levels_are_farthest_points_of_the_level_before(name):
    points = CLOUDS[name]
    counts = [min(len(points) + 3, size) for size in (150, 70, 33, 32)]
    heard, before = [], np.arange(len(points))
    for level in farthest_levels(points, counts, lambda some: heard.extend(some.tolist())):
        if before.size == len(points):
            assert heard == level.tolist()
        expected = before[plain_farthest(points[before], len(level))]
        np.testing.assert_array_equal(level, expected)
        before = level
    assert len(before) == counts[-1]


def test_equal_distances_change_the_order_of_a_level():
    """What the shortcut must not be taken for."""
    first, second = farthest_levels(CLOUDS['grid of equal distances'], (150, 70))
    assert (first[:70] != second).any()


def test_levels_without_equal_distances_are_not_sampled_again(monkeypatch):
    monkeypatch.setattr(sampling, 'farthest_points', None)
    points = np.vstack([CLOUDS['random'], CLOUDS['random'][:200]])  # padded with itself
    first, second, third = farthest_levels(points, (400, 150, 20))
    np.testing.assert_array_equal(second, first[:150])
    np.testing.assert_array_equal(third, first[:20])


@pytest.mark.parametrize('points', [np.zeros((0, 3)), np.zeros((4, 2)), np.full((3, 3), np.nan)])
def test_farthest_points_refuse(points):
    with pytest.raises(ValueError, match='expected'):
        farthest_points(points.astype(np.float32), 2)


def plain_first(hits, count):
    """Return the first hits (m, n) of every row, filled up with the first, or zeros."""
    rows = []
    for row in hits:
        found = np.flatnonzero(row)[:count]
        rows.append([*found, *[found[0] if len(found) else 0] * (count - len(found))])
    return rows


@pytest.mark.parametrize('name', CLOUDS)
@pytest.mark.parametrize(('radius', 'count'), [(0.05, 4), (0.125, 7), (0.4, 16), (5.0, 3)])
def test_balls_hold_the_first_hits(name, radius, count):
    points = CLOUDS[name]
    centres = np.vstack([points[:60], [[9, 9, 9]]]).astype(np.float32)
    limit = np.float32(radius) * np.float32(radius)
    hits = squared(points - centres[:, None]) < limit
    got = ScannedCloud(points).first_in_balls(centres, radius, count)
    np.testing.assert_array_equal(got, plain_first(hits, count))


@pytest.mark.parametrize('name', ['surface', 'around the origin', 'all equal', 'one'])
def test_cylinders_hold_the_first_hits_of_every_depth(name):
    points = CLOUDS[name]
    centres = points[:80]
    rotations = Rotation.random(len(centres), 1).as_matrix().astype(np.float32)
    got = ScannedCloud(points).first_in_cylinders(centres, rotations, CYLINDER, 6)
    difference = points - centres[:, None]
    x, y, z = (
        sum(rotations[:, None, row, axis] * difference[..., row] for row in range(3))
        for axis in range(3)
    )
    across = y * y + z * z < np.float32(0.05) * np.float32(0.05)
    for number, depth in enumerate(CYLINDER.depths):
        hits = across & (x > np.float32(-0.02)) & (x < np.float32(depth))
        np.testing.assert_array_equal(got[:, number], plain_first(hits, 6))


@pytest.mark.parametrize('name', CLOUDS)
def test_three_nearest_are_those_of_the_definition(name):
    points = CLOUDS[name]
    known = points[: max(2, len(points) // 3)]
    got = three_nearest(points, known)
    distances = squared(points[:, None] - known)
    order = np.argsort(distances, axis=1, kind='stable')[:, :3]
    np.testing.assert_array_equal(got.indices[:, : order.shape[1]], order)
    expected = np.sqrt(np.take_along_axis(distances, order, axis=1))
    np.testing.assert_array_equal(got.distance[:, : order.shape[1]], expected)
    assert np.isinf(got.distance[:, order.shape[1] :]).all()
    np.testing.assert_allclose(got.weights.sum(axis=1), 1, rtol=1e-5)


def test_a_known_point_has_all_the_weight():
    known = CLOUDS['random'][:50]
    nearest = three_nearest(known, known)
    np.testing.assert_array_equal(nearest.indices[:, 0], np.arange(50))
    assert (nearest.weights[:, 0] > 0.999).all()


@pytest.mark.parametrize('key', [[5, 2, 5, 0, 5, 2], [3], [1, 1, 1], np.arange(9)[::-1]])
def test_runs_are_reduced_as_one_by_one(key):
    key, rows = np.array(key), np.random.default_rng(4).normal(size=(len(key), 3))
    runs = runs_of(key)
    got = runs.reduced(np.minimum, rows[runs.order])
    firsts = key[runs.order[: len(got)]]
    assert sorted(firsts) == sorted(set(key.tolist()))
    np.testing.assert_array_equal(got, [rows[key == one].min(axis=0) for one in firsts])


def test_overlaps_look_at_each_point_once():
    rng = np.random.default_rng(3)
    groups = rng.integers(0, 40, (12, 4, 16))
    groups[5] = 7
    features = rng.normal(size=(40, 6)).astype(np.float32)
    shared = overlaps(groups)
    pairs = set(zip(shared.owner.tolist(), shared.point.tolist(), strict=True))
    expected = {(owner, point) for owner in range(12) for point in groups[owner].flat}
    assert len(shared.point) == len(pairs)
    assert pairs == expected
    np.testing.assert_array_equal(
        shared.maximum(features[shared.point]), features[groups].max(axis=2)
    )


def test_no_owner_has_no_overlaps():
    shared = overlaps(np.zeros((0, 4, 16), np.int64))
    assert shared.maximum(np.zeros((0, 6), np.float32)).shape == (0, 4, 6)
