"""The benchmark on grasps whose worth is known."""

from dexnet_core.datasets.graspnet_labels.label_jaw import all_rotations, DEPTHS, LabelJaw
from dexnet_core.datasets.graspnet_labels.object_labels import filling_points, friction_scores
from dexnet_core.datasets.graspnet_labels.openings import free_openings
from dexnet_core.datasets.graspnet_labels.surface_grid import GRID
from dexnet_core.evaluation.graspnet_benchmark import (
    BenchmarkView,
    counted,
    evaluate_grasps,
    FAILED,
    FRICTIONS,
    hits,
    least_friction,
    precision,
    TOP,
)
from dexnet_core.evaluation.graspnet_models import object_model, read_model, table_points
from dexnet_core.geometry.transform import pose_matrix, transform_points
from dexnet_core.planning.graspnet.approach_directions import grasp_rotations
from dexnet_core.planning.graspnet.grasp_set import GraspSet
from dexnet_core.simulation.jaw.antipodal import object_surfaces
from dexnet_core.simulation.objects.grasp_object import grasp_object
import numpy as np
import pytest
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation
import trimesh

BOX = (0.04, 0.20, 0.06)
CYLINDER = 0.03
T_CAMERA_TABLE = pose_matrix(
    np.array([0.02, -0.01, 0.6]), Rotation.from_euler('xyz', [2.9, 0.2, 0.3]).as_matrix()
)


def standing(x, height):
    return pose_matrix(np.array([x, 0, height / 2]), np.eye(3))


@pytest.fixture(scope='module')
def models():
    return (
        object_model(trimesh.creation.box(BOX)),
        object_model(trimesh.creation.cylinder(CYLINDER, 0.10, sections=96)),
    )


@pytest.fixture(scope='module')
def view(models):
    """A box and a cylinder that stand on a table, seen from above at a slant."""
    T_table_object = np.stack([standing(0, BOX[2]), standing(0.2, 0.10)])
    return BenchmarkView(models, T_CAMERA_TABLE @ T_table_object, T_CAMERA_TABLE)


def from_above(places, scores, width=0.06, closing=(1.0, 0, 0), depth=0.02):
    """Grasps whose grasp points are at places on the table, turned to close along a direction."""
    n = len(places)
    down = grasp_rotations(np.array([0, 0, -1.0]), np.arctan2(-closing[0], closing[1]))
    rotation = T_CAMERA_TABLE[:3, :3] @ down
    assert np.allclose(abs(down[:, 1] @ np.array(closing)), 1)
    return GraspSet(
        np.array(scores, float),
        np.full(n, width),
        np.full(n, depth),
        np.tile(rotation, (n, 1, 1)),
        transform_points(T_CAMERA_TABLE, np.array(places, float)),
    )


def good_places(n, x=0.0, z=BOX[2]):
    """Grasp points on the middle line of the box's top, over 3 cm apart."""
    return np.column_stack([np.full(n, x), np.linspace(-0.08, 0.08, n), np.full(n, z)])


def test_models_are_points_all_over_the_surface(models):
    mesh = trimesh.creation.box(BOX)
    points = models[0].points
    assert np.abs(trimesh.proximity.signed_distance(mesh, points)).max() < GRID / 2
    surface, _ = trimesh.sample.sample_surface(mesh, 500, seed=1)
    assert cKDTree(points).query(surface)[0].max() < 1.2 * GRID
    assert cKDTree(points).query(points, k=[2])[0].mean() > GRID / 3
    table = table_points()
    assert table.max(axis=0) == pytest.approx([0.5, 0.5, 0])
    assert table.min(axis=0) == pytest.approx([-0.5, -0.5, -0.05])


def test_perfect_grasps_have_precision_one(view):
    evaluated = evaluate_grasps(from_above(good_places(5), [5, 4, 3, 2, 1]), view)
    assert not evaluated.collides.any()
    np.testing.assert_array_equal(evaluated.friction, FRICTIONS[0])
    curve = precision(evaluated.friction)
    np.testing.assert_array_equal(curve[:5], 1)
    np.testing.assert_allclose(curve[49], 5 / 50)  # what is missing counts as bad


def test_fifty_perfect_grasps_have_an_average_precision_of_one(models):
    places = [standing(0.1 * k, BOX[2]) for k in range(10)]
    poses = T_CAMERA_TABLE @ np.stack([T @ standing(-0.45, 0) for T in places])
    view = BenchmarkView(models[:1] * 10, poses, T_CAMERA_TABLE)
    where = np.concatenate([good_places(5, 0.1 * k - 0.45) for k in range(10)])
    evaluated = evaluate_grasps(from_above(where, np.arange(50)), view)
    assert len(evaluated.friction) == 50
    np.testing.assert_array_equal(precision(evaluated.friction), 1)


@pytest.mark.parametrize(
    'grasps',
    [
        from_above(good_places(5), np.arange(5), width=0.035),  # fingers in the box
        from_above(good_places(5, z=BOX[2] - 0.05), np.arange(5)),  # palm in the box
        from_above(good_places(5, z=BOX[2] + 0.06), np.arange(5)),  # nothing between
        from_above([[0.1, 0.0, 0.01]], [1], width=0.02),  # in the table
    ],
)
def test_colliding_and_empty_grasps_are_worth_nothing(view, grasps):
    evaluated = evaluate_grasps(grasps, view)
    assert evaluated.collides.all()
    np.testing.assert_array_equal(evaluated.friction, FAILED)
    assert not precision(evaluated.friction).any()


def test_a_mixed_list_has_the_precision_counted_by_hand(view):
    friction = np.array([0.2, FAILED, 0.6, 1.2])
    curve = precision(friction)
    np.testing.assert_allclose(curve[:4, 0], [1, 1 / 2, 1 / 3, 1 / 4])
    np.testing.assert_allclose(curve[:4, 2], [1, 1 / 2, 2 / 3, 2 / 4])
    np.testing.assert_allclose(curve[:4, 5], [1, 1 / 2, 2 / 3, 3 / 4])
    np.testing.assert_allclose(curve[9], np.array([1, 1, 2, 2, 2, 3]) / 10)
    places = good_places(3)
    mixed = from_above(places, [3, 2, 1])
    mixed = GraspSet(
        mixed.scores, np.array([0.06, 0.03, 0.06]), mixed.depths, mixed.rotations, mixed.points
    )
    np.testing.assert_array_equal(evaluate_grasps(mixed, view).friction, [0.2, FAILED, 0.2])


@pytest.mark.parametrize('share', [0.0, 0.1, 0.3, 0.45, 0.65, 0.75, 0.9])
def test_friction_of_an_excentric_grasp_of_a_cylinder(models, share):
    """At a distance s * r from the axis both normals are asin(s) off the closing line."""
    aside = share * CYLINDER
    grasp = GraspSet(
        np.ones(1),
        np.array([0.08]),
        np.array([0.02]),
        grasp_rotations(np.array([[0, 0, -1.0]]), np.array([0.0])),  # closes along y
        np.array([[aside, 0, 0.03]]),
    )
    needed = np.tan(np.arcsin(share))
    expected = next((mu for mu in FRICTIONS if mu >= needed), FAILED)
    assert least_friction(grasp, models[1], np.eye(4)) == expected


def test_a_jaw_that_touches_on_one_side_holds_nothing(models):
    grasp = GraspSet(
        np.ones(1), np.array([0.02]), np.array([0.02]),
        grasp_rotations(np.array([[0, 0, -1.0]]), np.array([0.0])),
        np.array([[0, 0.03, 0.02]]),
    )  # fmt: skip
    assert least_friction(grasp, models[1], np.eye(4)) == FAILED
    assert least_friction(grasp.take(slice(0)), models[1], np.eye(4)).shape == (0,)


def test_worth_does_not_depend_on_the_frame(view):
    grasps = from_above([*good_places(5), [0.2, 0, 0.1]], np.arange(6), width=0.08)
    T = pose_matrix(np.array([0.3, 0.1, -0.2]), Rotation.from_euler('x', 0.7).as_matrix())
    moved = GraspSet(
        grasps.scores, grasps.widths, grasps.depths,
        T[:3, :3] @ grasps.rotations, transform_points(T, grasps.points),
    )  # fmt: skip
    other = BenchmarkView(view.models, T @ view.T_camera_object, T @ view.T_camera_table)
    one, two = evaluate_grasps(grasps, view), evaluate_grasps(moved, other)
    np.testing.assert_array_equal(one.friction, two.friction)
    assert (one.friction > 0).all()


def test_labels_and_benchmark_agree():
    """Labels are made by other code: grasps at one point, from all views, with all turns."""
    stone = trimesh.creation.icosphere(subdivisions=3)
    stone.apply_transform(np.diag([0.04, 0.025, 0.03, 1]))
    thing = grasp_object('stone', [stone])
    point = thing.mesh.triangles_center[77]
    openings = free_openings(filling_points(thing, 0) - point, LabelJaw())
    labelled = friction_scores(object_surfaces(thing.mesh), point, openings).ravel()
    count = len(labelled)
    rotations = np.repeat(all_rotations().astype(float).reshape(-1, 3, 3), len(DEPTHS), axis=0)
    grasps = GraspSet(
        np.ones(count),
        openings.ravel().astype(float),
        np.resize(DEPTHS, count),
        rotations,
        np.tile(point, (count, 1)),
    )
    evaluated = least_friction(grasps, object_model(thing.mesh), np.eye(4))
    holds = labelled > 0
    assert holds.sum() > 100
    rounded_up = np.ceil(np.round(labelled[holds] * 5, 4)) / 5
    assert (np.abs(evaluated[holds] - rounded_up) < 1e-6).mean() > 0.99  # but for rounding
    assert np.isin(evaluated[~holds], [FRICTIONS[-1], FAILED]).mean() > 0.99


def random_grasps(rng, n):
    return GraspSet(
        rng.normal(size=n),
        rng.uniform(0, 0.15, n),
        rng.choice([0.01, 0.02, 0.03, 0.04], n),
        Rotation.random(n, rng).as_matrix(),
        rng.uniform(-0.1, 0.1, (n, 3)),
    )


def test_counted_grasps_agree_with_loops():
    rng = np.random.default_rng(5)
    grasps = random_grasps(rng, 600)
    turns = rng.choice([0.0, 0.4, 0.8], 600)
    grasps = GraspSet(
        grasps.scores, grasps.widths, grasps.depths,
        grasp_rotations(np.tile([0, 0, 1.0], (600, 1)), turns), grasps.points,
    )  # fmt: skip
    points = [rng.uniform(-0.1, 0.1, (40, 3)) for _ in range(7)]
    kept, taken = [], {}
    for i in np.argsort(-grasps.scores):
        R, t = grasps.rotations[i], grasps.points[i]
        alike = [
            np.linalg.norm(t - grasps.points[j]) < 0.03
            and np.degrees(Rotation.from_matrix(R.T @ grasps.rotations[j]).magnitude()) < 30
            for j in kept
        ]
        if not any(alike):
            kept.append(i)
            nearest = [np.linalg.norm(part - t, axis=1).min() for part in points]
            taken.setdefault(int(np.argmin(nearest)), []).append(i)
    few = sorted(
        ((i, owner) for owner, own in taken.items() for i in own[:10]),
        key=lambda item: -grasps.scores[item[0]],
    )[:TOP]
    got, owners = counted(grasps, points)
    assert len(few) == TOP
    np.testing.assert_array_equal(got.scores, grasps.scores[[i for i, _ in few]])
    assert owners.tolist() == [owner for _, owner in few]
    assert got.widths.max() == 0.1


def test_hits_agree_with_loops():
    rng = np.random.default_rng(6)
    grasps = random_grasps(rng, 60)
    half = np.column_stack([np.full(60, 0.02), 0.55 * grasps.widths, np.full(60, 0.011)])
    local = rng.uniform(-1, 1, (20, 60, 3)) * half
    scene = np.einsum('nij,pnj->pni', grasps.rotations, local) + 10 * grasps.points
    scene = scene.reshape(-1, 3)
    grasps = GraspSet(
        grasps.scores, grasps.widths, grasps.depths, grasps.rotations, 10 * grasps.points
    )
    expected = []
    for i in range(len(grasps)):
        inside, hit = 0, False
        for x, y, z in (scene - grasps.points[i]) @ grasps.rotations[i]:
            w, d = grasps.widths[i] / 2, grasps.depths[i]
            if abs(z) >= 0.01:
                continue
            if -0.02 < x < d:
                inside += -w <= y <= w
                hit |= w < y < w + 0.01 or -w - 0.01 < y < -w
            hit |= -0.03 < x < -0.02 and -w - 0.01 < y < w + 0.01
        expected.append(hit or inside < 10)
    assert 0 < sum(expected) < len(expected)
    assert hits(grasps, scene).tolist() == expected


def test_no_grasp_has_no_precision(view):
    evaluated = evaluate_grasps(random_grasps(np.random.default_rng(0), 0), view)
    assert len(evaluated.grasps) == len(evaluated.friction) == 0
    assert precision(evaluated.friction).shape == (TOP, len(FRICTIONS))
    assert not precision(evaluated.friction).any()


def test_models_are_read_or_refused_by_name(tmp_path, models):
    trimesh.creation.box(BOX).export(tmp_path / 'box.ply')
    read = read_model(tmp_path / 'box.ply').points
    np.testing.assert_allclose(np.ptp(read, axis=0), np.ptp(models[0].points, axis=0), atol=1e-4)
    with pytest.raises(FileNotFoundError, match=r'none\.ply'):
        read_model(tmp_path / 'none.ply')
    trimesh.PointCloud(np.eye(3)).export(tmp_path / 'cloud.ply')
    with pytest.raises(ValueError, match=r'cloud\.ply'):
        read_model(tmp_path / 'cloud.ply')
    (tmp_path / 'text.ply').write_text('no mesh')
    with pytest.raises(ValueError, match=r'text\.ply'):
        read_model(tmp_path / 'text.ply')
