"""Point cloud operators against short loops that follow the CUDA kernels."""

import itertools

from dexnet_core.geometry.pointcloud.sampling import farthest_levels
from dexnet_core.pointnet2 import search
from dexnet_core.pointnet2.modules import Abstraction, FeaturePropagation, SetAbstraction
from dexnet_core.pointnet2.operators import (
    gather,
    group,
    interpolation_weights,
    take_points,
    three_interpolate,
)
from dexnet_core.pointnet2.search import (
    ball_query,
    Cylinder,
    cylinder_query,
    furthest_point_sample,
    three_nearest,
)
import numpy as np
import pytest
from scipy.spatial.transform import Rotation
import torch

F = np.float32


def lattice(rng, n):
    """Points on a coarse lattice: many equal points and equal distances."""
    return rng.integers(-2, 3, (n, 3)).astype(F) / 4


def equal_in_two_turns():
    """Two equal points that the same thread of 512, but not of more, looks at in turn."""
    cloud = np.full((1300, 3), 0.5, F)
    cloud[[600, 600 + 512]] = 0.25
    return cloud


CLOUDS = {
    'turns of threads': lambda rng: equal_in_two_turns(),
    'random': lambda rng: rng.uniform(-0.5, 0.5, (300, 3)).astype(F),
    'lattice': lambda rng: lattice(rng, 70),
    'more than threads': lambda rng: lattice(rng, 1300),
    'padded with the origin': lambda rng: np.vstack([lattice(rng, 20), np.zeros((20, 3), F)]),
    'origin first': lambda rng: np.vstack([np.zeros((3, 3), F), lattice(rng, 9)]),
    'near the origin': lambda rng: rng.uniform(-0.03, 0.03, (50, 3)).astype(F),
    'all in the origin': lambda rng: np.zeros((7, 3), F),
    'all equal': lambda rng: np.full((9, 3), 0.5, F),
    'one point': lambda rng: np.full((1, 3), 0.5, F),
    'resampled': lambda rng: lattice(rng, 15)[rng.integers(0, 15, 90)],
}


@pytest.fixture(params=CLOUDS)
def cloud(request):
    return CLOUDS[request.param](np.random.default_rng(5))


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def batch(*clouds):
    return torch.from_numpy(np.stack(clouds))


def emulated_sample(points, count):
    """The kernel, thread by thread, with its reduction tree."""
    n = len(points)
    threads = min(512, 1 << (n.bit_length() - 1))
    far = np.full(n, 1e10, F)
    taken = [0]
    padding = (points**2).sum(axis=1, dtype=F).astype(float) <= 1e-3
    while len(taken) < count:
        far = np.minimum(far, ((points - points[taken[-1]]) ** 2).sum(axis=1, dtype=F))
        best, at = np.full(threads, F(-1)), np.zeros(threads, int)
        for k in np.flatnonzero(~padding):
            if far[k] > best[k % threads]:
                best[k % threads], at[k % threads] = far[k], k
        half = threads // 2
        while half:
            for t in range(half):
                if best[t + half] > best[t]:
                    best[t], at[t] = best[t + half], at[t + half]
            half //= 2
        taken.append(at[0])
    return taken


def test_sampling_is_that_of_the_kernel(cloud):
    count = min(25, len(cloud) + 3)
    got = furthest_point_sample(batch(cloud), count)
    assert got[0].tolist() == emulated_sample(cloud, count)


def test_samples_are_of_their_own_cloud(rng):
    clouds = [CLOUDS['random'](rng) for _ in range(3)]
    together = furthest_point_sample(batch(*clouds), 12)
    for cloud, row in zip(clouds, together, strict=True):
        assert row.tolist() == furthest_point_sample(batch(cloud), 12)[0].tolist()


def test_samples_of_an_ordered_set_are_its_first(rng):
    points = batch(CLOUDS['random'](rng))
    ordered = take_points(points, furthest_point_sample(points, 60))
    assert furthest_point_sample(ordered, 20)[0].tolist() == list(range(20))


@pytest.mark.parametrize('padded', [False, True])
@pytest.mark.parametrize('spacing', [1 / 32, 0.01])
def test_the_runtime_samples_levels_as_torch(rng, padded, spacing):
    """More points than threads on every level, most of them equally far from others."""
    cloud = (rng.integers(-9, 10, (3001, 3)) * spacing).astype(F)
    if padded:
        cloud[1000:] = cloud[rng.integers(0, 1000, 2001)]
    counts, points, index = (1400, 1030, 600, 257), batch(cloud), np.arange(3001)
    for level, count in zip(farthest_levels(cloud, counts), counts, strict=True):
        again = furthest_point_sample(points, count)
        index, points = index[again[0]], take_points(points, again)
        assert level.tolist() == index.tolist()


def looped(hit, n, samples):
    """The scan of the neighbour kernels over points 0 to n - 1."""
    found = [0] * samples
    count = 0
    for k in range(n):
        if count == samples:
            break
        if hit(k):
            if count == 0:
                found = [k] * samples
            found[count] = k
            count += 1
    return found


@pytest.mark.parametrize('radius', [0.25, 0.1, 2.0])
def test_ball_query_is_the_scan(cloud, radius, monkeypatch):
    monkeypatch.setattr(search, '_AT_ONCE', 1000)  # so that centres come in several parts
    centres = np.vstack([cloud[:8], np.full((1, 3), 9, F)])
    expected = []
    for centre in centres:
        squared = ((cloud - centre) ** 2).sum(axis=1, dtype=F)
        near = squared < F(radius) * F(radius)
        expected.append(looped(near.__getitem__, len(cloud), 6))
    got = ball_query(radius, 6, batch(cloud), batch(centres))
    assert got[0].tolist() == expected


CYLINDER = Cylinder(0.25, -0.25, (0.125, 0.25, 0.5))


@pytest.mark.parametrize('turned', [False, True])
def test_cylinder_query_is_the_scan(cloud, turned, monkeypatch):
    monkeypatch.setattr(search, '_AT_ONCE', 1000)
    centres = np.vstack([cloud[:8], np.full((1, 3), 9, F)])
    frames = Rotation.random(len(centres), np.random.default_rng(0)).as_matrix().astype(F)
    if not turned:  # axes of the lattice: many points are exactly on a surface
        frames = np.tile(np.eye(3, dtype=F)[:, [1, 2, 0]], (len(centres), 1, 1))
    expected = []
    for centre, frame in zip(centres, frames, strict=True):
        x, y, z = ((cloud - centre).astype(float) @ frame.astype(float)).T
        beside = (y**2 + z**2 < 0.0625) & (x > -0.25)
        tops = (beside & (x < top) for top in CYLINDER.tops)
        expected.append([looped(hit.__getitem__, len(cloud), 5) for hit in tops])
    got = cylinder_query(CYLINDER, 5, batch(cloud), batch(centres), batch(frames))
    assert got[0].tolist() == expected


def test_neighbours_are_of_their_own_cloud(rng):
    clouds, centres = ([lattice(rng, n) for _ in range(2)] for n in (60, 7))
    frames = batch(*(Rotation.random(7, rng).as_matrix().astype(F) for _ in range(2)))
    both = batch(*clouds), batch(*centres)
    for i in range(2):
        one = both[0][i : i + 1], both[1][i : i + 1]
        assert torch.equal(ball_query(0.3, 4, *both)[i], ball_query(0.3, 4, *one)[0])
        together = cylinder_query(CYLINDER, 4, *both, frames)[i]
        alone = cylinder_query(CYLINDER, 4, *one, frames[i : i + 1])[0]
        assert torch.equal(together, alone)
        for got, expected in zip(three_nearest(*both), three_nearest(*one), strict=True):
            assert torch.equal(got[i], expected[0])


def test_three_nearest_keep_the_order_of_equal_points(cloud, monkeypatch):
    monkeypatch.setattr(search, '_AT_ONCE', 1000)
    unknown = np.vstack([cloud[:12], cloud[:12] + F(0.01)])
    got = three_nearest(batch(unknown), batch(cloud))
    for i, point in enumerate(unknown):
        squared = ((cloud - point) ** 2).sum(axis=1, dtype=F)
        order = np.argsort(squared, kind='stable')[:3]
        missing = 3 - len(order)
        assert got.indices[0, i].tolist() == [*order, *[0] * missing]
        expected = [*np.sqrt(squared[order]), *[np.inf] * missing]
        np.testing.assert_allclose(got.distances[0, i], expected, rtol=1e-6)


def test_no_centre_has_no_neighbours():
    points, none = torch.rand(2, 5, 3), torch.zeros(2, 0, 3)
    assert ball_query(1, 4, points, none).shape == (2, 0, 4)
    assert cylinder_query(CYLINDER, 4, points, none, none[..., None]).shape == (2, 0, 3, 4)
    assert three_nearest(none, points).indices.shape == (2, 0, 3)


def test_what_is_no_cloud_is_refused():
    with pytest.raises(ValueError, match=r'\(5, 3\)'):
        furthest_point_sample(torch.zeros(5, 3), 2)
    with pytest.raises(ValueError, match='0 points'):
        furthest_point_sample(torch.zeros(1, 0, 3), 2)
    with pytest.raises(ValueError, match='0 known'):
        three_nearest(torch.zeros(1, 4, 3), torch.zeros(1, 0, 3))
    with pytest.raises(ValueError, match='centres'):
        ball_query(1, 2, torch.zeros(1, 4, 3), torch.zeros(1, 4, 2))


def test_gathering_and_grouping_take_columns(rng):
    features = torch.from_numpy(rng.normal(size=(2, 3, 10)))
    indices = torch.from_numpy(rng.integers(0, 10, (2, 4, 5)))
    got = group(features, indices)
    for b, c, m, s in itertools.product(range(2), range(3), range(4), range(5)):
        assert got[b, c, m, s] == features[b, c, indices[b, m, s]]
    assert torch.equal(gather(features, indices[:, :, 0]), got[..., 0])
    assert torch.equal(take_points(features.mT, indices[:, :, 0]), got[..., 0].mT)


def test_gradients_flow_to_all_that_was_taken(rng):
    features = torch.from_numpy(rng.normal(size=(2, 3, 6))).requires_grad_()
    weights = torch.from_numpy(rng.uniform(size=(2, 4, 3))).requires_grad_()
    indices = torch.from_numpy(rng.integers(0, 6, (2, 4, 3)))
    assert torch.autograd.gradcheck(lambda f: gather(f, indices[:, :, 0]), features)
    assert torch.autograd.gradcheck(lambda f: group(f, indices), features)
    interpolate = lambda f, w: three_interpolate(f, indices, w)  # noqa: E731
    assert torch.autograd.gradcheck(interpolate, (features, weights))


def test_interpolation_weights_fall_with_distance():
    distances = torch.tensor([[[0.1, 0.2, 0.4], [0.0, 0.1, 0.2], [0.3, torch.inf, torch.inf]]])
    weights = interpolation_weights(distances)[0]
    torch.testing.assert_close(weights[0], torch.tensor([4, 2, 1]) / 7)
    torch.testing.assert_close(weights[1:, 0], torch.ones(2))


def test_interpolation_gives_the_features_of_the_points_themselves(rng):
    points = torch.from_numpy(rng.uniform(-1, 1, (1, 20, 3)))
    features = torch.from_numpy(rng.normal(size=(1, 4, 20)))
    near = three_nearest(points[:, :7], points)
    got = three_interpolate(features, near.indices, interpolation_weights(near.distances))
    torch.testing.assert_close(got, features[:, :, :7], atol=1e-5, rtol=0)


def test_an_abstraction_sees_neighbours_in_units_of_the_radius(rng):
    """A network of one layer that passes coordinates on: the farthest neighbour along each."""
    points = torch.from_numpy(rng.uniform(-1, 1, (1, 40, 3)).astype(F))
    level = SetAbstraction(5, 0.5, 40, (2, 3)).eval()
    level.mlp_module.layer0.conv.weight.data = torch.eye(3, 5)[:, :, None, None]
    features = torch.zeros(1, 2, 40)
    got = level(points, features)
    for i, index in enumerate(got.indices[0]):
        apart = points[0] - points[0, index]
        near = apart[apart.norm(dim=1) < 0.5] / 0.5
        expected = near.amax(dim=0) / np.sqrt(1 + 1e-5)  # of the batch norm
        torch.testing.assert_close(got.features[0, :, i], expected)


def test_brought_features_come_before_those_of_the_points(rng):
    points = torch.from_numpy(rng.uniform(-1, 1, (1, 6, 3)).astype(F))
    coarse = Abstraction(torch.arange(6)[None], points, torch.full((1, 2, 6), 3.0))
    fine = Abstraction(torch.arange(6)[None], points, torch.full((1, 1, 6), 5.0))
    level = FeaturePropagation((3, 3)).eval()
    level.mlp.layer0.conv.weight.data = torch.eye(3)[:, :, None, None]
    expected = torch.tensor([3.0, 3, 5]) / np.sqrt(1 + 1e-5)  # of the batch norm
    torch.testing.assert_close(level(fine, coarse)[0, :, 0], expected)


def test_levels_learn_from_features_and_weights(rng):
    points = torch.from_numpy(rng.uniform(-1, 1, (2, 30, 3)).astype(F))
    features = torch.from_numpy(rng.normal(size=(2, 4, 30)).astype(F)).requires_grad_()
    down, up = SetAbstraction(8, 0.9, 6, (4, 5, 7)), FeaturePropagation((11, 6))
    coarse = down(points, features)
    whole = Abstraction(torch.arange(30).expand(2, -1), points, features)
    fine = up(whole, coarse)
    assert coarse.features.shape == (2, 7, 8)
    assert fine.shape == (2, 6, 30)
    fine.square().sum().backward()
    assert features.grad.abs().sum() > 0
    assert all(p.grad.abs().sum() > 0 for module in (down, up) for p in module.parameters())
