"""Views, rotations, decoding and selection of grasps in six degrees of freedom."""

from dexnet_core.planning.graspnet.approach_directions import (
    grasp_rotations,
    grasp_views,
    view_rotations,
)
from dexnet_core.planning.graspnet.collision import (
    CollisionSettings,
    filled,
    obstacles_of,
    thinned,
)
from dexnet_core.planning.graspnet.constants import BASELINE, GraspNetConstants
from dexnet_core.planning.graspnet.decode import decode, Heads, on_objects, Seeds
from dexnet_core.planning.graspnet.grasp_set import GraspSet
from dexnet_core.planning.graspnet.selection import approaching, suppressed
import numpy as np
import pytest
from scipy.spatial.transform import Rotation


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def random_grasps(rng, n, spread=0.1):
    return GraspSet(
        rng.normal(size=n),
        rng.uniform(0.02, 0.1, n),
        rng.choice([0.01, 0.02, 0.03, 0.04], n),
        Rotation.random(n, rng).as_matrix(),
        rng.uniform(0, spread, (n, 3)),
    )


def one_grasp(width=0.06, depth=0.02):
    """At the origin, approaching along x, closing along y."""
    return GraspSet(
        np.ones(1), np.array([width]), np.array([depth]), np.eye(3)[None], np.zeros((1, 3))
    )


def test_views_are_spread_over_the_sphere():
    views = grasp_views()
    assert views.shape == (300, 3)
    np.testing.assert_allclose(np.linalg.norm(views, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(views.mean(axis=0), 0, atol=0.01)
    nearest = np.sort(views @ views.T, axis=1)[:, -2]
    assert np.degrees(np.arccos(nearest)).min() > 8
    np.testing.assert_allclose(views[0], [np.sqrt(1 - (299 / 300) ** 2), 0, -299 / 300], atol=1e-6)


def test_rotations_are_right_handed_along_the_approach(rng):
    approaches = rng.normal(size=(50, 3))
    R = grasp_rotations(approaches, rng.uniform(0, np.pi, 50))
    np.testing.assert_allclose(R @ R.transpose(0, 2, 1), np.tile(np.eye(3), (50, 1, 1)), atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(R), 1)
    unit = approaches / np.linalg.norm(approaches, axis=1, keepdims=True)
    np.testing.assert_allclose(R[:, :, 0], unit)


def test_a_turn_is_about_the_approach():
    still, turned = grasp_rotations(np.tile([0.3, -0.5, 0.7], (2, 1)), np.array([0, 0.4]))
    about_x = Rotation.from_euler('x', 0.4).as_matrix()
    np.testing.assert_allclose(turned, still @ about_x, atol=1e-12)
    assert still[2, 1] == 0  # y lies level


def test_a_vertical_approach_has_a_frame():
    R = grasp_rotations(np.array([0, 0, -2.0]), np.array(0.0))
    np.testing.assert_allclose(R, np.column_stack([[0, 0, -1], [0, 1, 0], [1, 0, 0]]))
    with pytest.raises(ValueError, match='zero vector'):
        grasp_rotations(np.zeros(3), np.array(0.0))


def test_rotations_of_views_are_shared_and_safe():
    assert view_rotations() is view_rotations()
    np.testing.assert_allclose(view_rotations()[:, :, 0], -grasp_views(), atol=1e-6)
    with pytest.raises(ValueError, match='read-only'):
        view_rotations()[0] = 0


def random_heads(rng, n):
    return Heads(*(rng.normal(size=(n, 4, 12)).astype(np.float32) for _ in range(4)))


@pytest.mark.parametrize('constants', [BASELINE, GraspNetConstants(0.067, 0.045)])
def test_decoding_agrees_with_loops(rng, constants):
    n = 40
    heads = random_heads(rng, n)._replace(width=rng.uniform(-0.01, 0.1, (n, 4, 12)))
    seeds = Seeds(rng.normal(size=(n, 3)), rng.integers(0, 300, n))
    expected = []
    for i in range(n):
        per_depth = []
        for d in range(4):
            a = int(np.argmax(heads.angle[i, d]))
            per_depth.append((heads.score[i, d, a], -d, a))
        score, d, a = max(per_depth)
        d = -d
        width = min(max(1.2 * heads.width[i, d, a], 0), constants.maximum_width)
        score = score * heads.tolerance[i, d, a] / constants.maximum_tolerance
        R = grasp_rotations(-grasp_views()[seeds.views[i]], np.array(a * np.pi / 12))
        expected.append((score, width, 0.01 * (d + 1), R, seeds.points[i]))
    expected.sort(key=lambda grasp: -grasp[0])
    got = decode(seeds, heads, constants)
    for array, column in zip(
        (got.scores, got.widths, got.depths, got.rotations, got.points),
        zip(*expected, strict=True),
        strict=True,
    ):
        np.testing.assert_allclose(array, np.array(column), atol=1e-6)


def test_decoding_no_seed_gives_no_grasp(rng):
    seeds = Seeds(np.zeros((0, 3)), np.zeros(0, int))
    assert len(decode(seeds, random_heads(rng, 0), BASELINE)) == 0


def test_decoding_refuses_heads_of_other_seeds(rng):
    with pytest.raises(ValueError, match=r'\(2, 4, 12\)'):
        decode(Seeds(np.zeros((3, 3)), np.zeros(3, int)), random_heads(rng, 2), BASELINE)


def test_a_seed_that_is_undecided_is_on_no_object():
    assert on_objects(np.array([[0, 1], [1, 0], [0, 0]])).tolist() == [True, False, False]


def test_poses_close_along_x_and_approach_along_z(rng):
    grasps = random_grasps(rng, 5)
    T = grasps.poses()
    np.testing.assert_allclose(np.linalg.det(T[:, :3, :3]), 1)
    np.testing.assert_allclose(T[:, :3, 0], grasps.rotations[:, :, 1])
    np.testing.assert_allclose(T[:, :3, 2], grasps.rotations[:, :, 0])
    back = T[:, :3, 3] - grasps.depths[:, None] * T[:, :3, 2]
    np.testing.assert_allclose(back, grasps.points, atol=1e-12)


def test_arrays_that_do_not_belong_together_are_refused(rng):
    grasps = random_grasps(rng, 3)
    with pytest.raises(ValueError, match=r'\(3, 3, 3\)'):
        GraspSet(grasps.scores[:2], grasps.widths, *list(vars(grasps).values())[2:])


def brute_suppressed(grasps, distance, angle):
    kept = []
    for i in np.argsort(-grasps.scores):
        for j in kept:
            relative = Rotation.from_matrix(grasps.rotations[i].T @ grasps.rotations[j])
            near = np.linalg.norm(grasps.points[i] - grasps.points[j]) < distance
            if near and np.degrees(relative.magnitude()) < angle:
                break
        else:
            kept.append(i)
    return kept


def test_suppression_agrees_with_brute_force(rng):
    grasps = random_grasps(rng, 150, spread=0.06)
    kept = brute_suppressed(grasps, 0.03, 60)
    assert 10 < len(kept) < 140
    got = suppressed(grasps, 0.03, 60)
    np.testing.assert_array_equal(got.scores, grasps.scores[kept])


def test_suppression_of_none_one_and_equal_grasps(rng):
    grasps = random_grasps(rng, 4)
    assert len(suppressed(grasps.take(slice(0)))) == 0
    assert len(suppressed(grasps.take(slice(1)))) == 1
    assert len(suppressed(grasps.take(np.zeros(5, int)))) == 1


def test_grasps_exactly_as_far_or_turned_as_the_limit_are_both_kept():
    turned = grasp_rotations(np.tile([1.0, 0, 0], (2, 1)), np.array([0, np.pi / 6 + 1e-9]))
    same, apart = np.tile(np.eye(3), (2, 1, 1)), np.array([[0, 0, 0], [0.03, 0, 0]])
    for R, points in ((same, apart), (turned, apart / 2)):
        both = GraspSet(np.ones(2), np.full(2, 0.05), np.full(2, 0.01), R, points)
        assert len(suppressed(both)) == 2
        assert len(suppressed(both, 0.031, 31)) == 1


def test_a_half_turn_is_another_grasp():
    R = np.stack([np.eye(3), np.diag([1.0, -1, -1])])
    both = GraspSet(np.ones(2), np.full(2, 0.05), np.full(2, 0.01), R, np.zeros((2, 3)))
    assert len(suppressed(both)) == 2


def test_approaches_within_a_cone():
    R = grasp_rotations(np.array([[0, 0, 1], [0, 1, 1], [0, 1, 0], [0, 0, -1.0]]), np.zeros(4))
    grasps = GraspSet(np.ones(4), np.ones(4), np.ones(4), R, np.zeros((4, 3)))
    down = np.array([0, 0, 2.0])
    assert approaching(grasps, down, 46).tolist() == [True, True, False, False]
    assert approaching(grasps, down, 180).all()
    with pytest.raises(ValueError, match='direction'):
        approaching(grasps, np.zeros(3), 10)


@pytest.mark.parametrize(
    ('point', 'hits'),
    [
        ((0.0, 0.0, 0.0), False),  # between the fingers
        ((0.0, 0.035, 0.0), True),  # in a finger
        ((0.0, -0.035, 0.009), True),
        ((0.0, 0.035, 0.011), False),  # beside it
        ((0.0, 0.041, 0.0), False),
        ((0.021, 0.035, 0.0), False),  # ahead of the tips
        ((-0.045, 0.0, 0.0), True),  # palm
        ((-0.099, 0.0, 0.0), True),  # way
        ((-0.101, 0.0, 0.0), False),
        ((0.0199, 0.0399, 0.0099), True),  # in the corners
        ((-0.0999, -0.0399, -0.0099), True),
    ],
)
def test_what_is_in_the_gripper_collides(point, hits):
    share = filled(one_grasp(), obstacles_of(np.array([point])))
    assert (share.gripper > 0).tolist() == [hits]


def test_every_point_fills_a_voxel_of_the_gripper():
    volume = 0.02 * (2 * 0.06 * 0.01 + (0.06 + 0.02) * (0.01 + 0.05))
    row = np.column_stack([np.full(7, -0.045), np.arange(-3, 4) * 0.01, np.zeros(7)])
    for n in range(1, 8):
        share = filled(one_grasp(), obstacles_of(row[:n])).gripper
        assert share == pytest.approx(n * 0.01**3 / volume, rel=1e-3)


def test_collisions_agree_with_brute_force(rng):
    grasps = random_grasps(rng, 60)
    points = rng.uniform(-0.1, 0.2, (150, 3))
    thin = thinned(points, 0.01)
    shares = []
    for i in range(len(grasps)):
        x, y, z = ((thin - grasps.points[i]) @ grasps.rotations[i]).T
        depth, half = grasps.depths[i], grasps.widths[i] / 2
        level = abs(z) < 0.01
        finger = (
            level & (x > depth - 0.06) & (x < depth) & (abs(y) > half) & (abs(y) < half + 0.01)
        )
        rest = level & (x <= depth - 0.06) & (x > depth - 0.12) & (abs(y) < half + 0.01)
        volume = 0.02 * (2 * 0.06 * 0.01 + (2 * half + 0.02) * 0.06) / 0.01**3
        shares.append((finger | rest).sum() / volume)
    assert 5 < np.count_nonzero(shares) < 60
    np.testing.assert_allclose(filled(grasps, obstacles_of(points)).gripper, shares, rtol=1e-4)


def test_what_is_between_the_fingers_does_not_collide_but_counts():
    grasp = one_grasp(width=0.06, depth=0.02)
    points = np.array([[0.0, 0.0, 0.0], [0.01, 0.02, 0.005], [-0.03, -0.02, 0.0]])
    away = np.array([[0.03, 0.0, 0.0], [0.0, 0.0, 0.02], [0.0, 0.031, 0.0]])
    settings = CollisionSettings()
    share = filled(grasp, obstacles_of(np.vstack([points, away]), settings))
    between = settings.height * settings.finger_length * 0.06
    assert share.between == pytest.approx(3 * settings.voxel**3 / between, rel=1e-4)
    assert share.gripper > 0  # the last point is in a finger
    assert filled(grasp, obstacles_of(points, settings)).gripper == 0


def test_nothing_collides_with_nothing(rng):
    assert not filled(random_grasps(rng, 3), obstacles_of(np.zeros((0, 3)))).gripper.any()
    nothing = random_grasps(rng, 1).take(np.zeros(0, int))
    assert filled(nothing, obstacles_of(np.zeros((5, 3)))).gripper.shape == (0,)
    with pytest.raises(ValueError, match='voxel is 0'):
        CollisionSettings(voxel=0)


@pytest.mark.parametrize('far', [0, 1e4])
def test_thinning_keeps_one_mean_per_voxel(rng, far):
    points = np.vstack([rng.uniform(-1, 1, (500, 3)), np.full((1, 3), far)])
    thin = thinned(points, 0.5)
    cells = {}
    for point in points:
        key = tuple(np.floor((point - (points.min(axis=0) - 0.25)) / 0.5))
        cells.setdefault(key, []).append(point)
    expected = np.array(sorted(np.mean(cell, axis=0).tolist() for cell in cells.values()))
    np.testing.assert_allclose(np.array(sorted(thin.tolist())), expected)
    assert len(thinned(np.ones((5, 3)), 0.01)) == 1
