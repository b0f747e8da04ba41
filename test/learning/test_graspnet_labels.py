"""Grasp labels against shapes whose grasps can be computed by hand, and against brute force."""

from dexnet_core.datasets.graspnet_labels.label_jaw import all_rotations, DEPTHS, LabelJaw
from dexnet_core.datasets.graspnet_labels.object_labels import (
    filling_points,
    friction_scores,
    is_empty,
    label_object,
    LabelSettings,
    NOT_GRASPABLE,
)
from dexnet_core.datasets.graspnet_labels.openings import free_openings
from dexnet_core.datasets.graspnet_labels.scene_collisions import (
    graspable,
    PlacedObject,
    scene_collisions,
)
from dexnet_core.geometry.transform import pose_matrix
from dexnet_core.planning.graspnet.approach_directions import grasp_views
from dexnet_core.planning.graspnet.collision import thinned
from dexnet_core.simulation.jaw.antipodal import object_surfaces
from dexnet_core.simulation.objects.grasp_object import grasp_object
import numpy as np
import pytest
import trimesh

JAW = LabelJaw()
VIEW, TURN = 130, 5
FRAME = all_rotations()[VIEW, TURN].astype(float)
TIGHT = 0.0041
"""A label is wider than what is held by one to two steps on either side."""


def labels_at_near_end(mesh, length):
    """Label the point of a shape, `length` along x, where a grasp along +x first meets it.

    The shape is turned so that +x is the approach and +y the closing direction of VIEW, TURN.
    """
    thing = grasp_object('shape', [mesh.copy().apply_transform(pose_matrix(np.zeros(3), FRAME))])
    point = FRAME @ [-length / 2, 0, 0]
    openings = free_openings(filling_points(thing, 0) - point, JAW)
    return openings, friction_scores(object_surfaces(thing.mesh), point, openings)


def test_a_block_is_held_on_its_faces():
    openings, scores = labels_at_near_end(trimesh.creation.box((0.1, 0.04, 0.06)), 0.1)
    assert (openings[VIEW, TURN] > 0.04).all()
    assert (openings[VIEW, TURN] < 0.04 + TIGHT).all()
    np.testing.assert_allclose(scores[VIEW, TURN], 0.1)


def test_a_turned_jaw_needs_the_friction_of_its_angle():
    _, scores = labels_at_near_end(trimesh.creation.box((0.1, 0.04, 0.04)), 0.1)
    for turned in (1, 2, 4, 5, 6, 7, 8, 10, 11):
        angle = turned % 6 * 15
        needed = np.tan(np.radians(min(angle, 90 - angle)))
        expected = max(np.ceil(needed * 10) / 10, 0.1)
        np.testing.assert_allclose(scores[VIEW, (TURN + turned) % 12], expected, atol=1e-6)


def test_what_is_wider_than_the_jaw_is_not_graspable():
    openings, scores = labels_at_near_end(trimesh.creation.box((0.1, 0.11, 0.11)), 0.1)
    assert (openings[VIEW] == 0).all()
    assert (scores[VIEW] == NOT_GRASPABLE).all()


def test_a_rod_is_held_at_every_turn():
    rod = trimesh.creation.cylinder(0.02, 0.1, sections=96)
    rod.apply_transform(trimesh.transformations.rotation_matrix(np.pi / 2, (0, 1, 0)))
    openings, scores = labels_at_near_end(rod, 0.1)
    assert (openings[VIEW] > 0.039).all()
    assert (openings[VIEW] < 0.04 + TIGHT).all()
    np.testing.assert_allclose(scores[VIEW], 0.1)


def test_a_ball_needs_more_friction_off_its_equator():
    radius = 0.025
    ball = trimesh.creation.icosphere(subdivisions=4, radius=radius)
    openings, scores = labels_at_near_end(ball, 2 * radius)
    depth = np.array(DEPTHS)
    off = np.abs(radius - depth) / radius
    needed = np.ceil(10 * np.tan(np.arcsin(off))) / 10
    widest = 2 * np.sqrt(radius**2 - (radius - np.minimum(depth, radius)) ** 2)
    assert (np.abs(scores[VIEW] - needed) < 0.11).all()  # a facet's normal is 2 degrees off
    assert (openings[VIEW] > widest - 0.002).all()
    assert (openings[VIEW] < widest + TIGHT).all()


def test_a_jaw_within_a_body_is_no_grasp():
    thing = grasp_object('block', [trimesh.creation.box((0.12, 0.12, 0.12))])
    openings = free_openings(filling_points(thing, 0) - [0.06, 0, 0], JAW)
    outwards = -grasp_views()[:, 0] > 0.5
    assert outwards.any()
    assert (openings[outwards] == 0).all()


def inside_jaw(points, rotation, depth, width, slack):
    """Tell which points are in a finger or the palm, all faces moved out by slack."""
    x, y, z = (points @ rotation).T
    y, z = np.abs(y), np.abs(z)
    inner, outer = width / 2 - slack, width / 2 + JAW.finger_thickness + slack
    fingers = (x > JAW.finger_start) & (x < depth) & (y > inner) & (y < outer)
    palm = (x > JAW.palm_start) & (x < JAW.finger_start) & (y < outer)
    return (z < JAW.height / 2) & (fingers | palm)


def test_openings_are_the_least_free_ones():
    rng = np.random.default_rng(0)
    near = rng.uniform(-0.07, 0.07, (200, 3)).astype(np.float32)
    openings = free_openings(near, JAW)
    around = np.vstack([near, np.zeros(3, np.float32)])
    steps = np.arange(2, 51) * 0.002  # something at the point itself is between the fingers
    tried = 0
    for view, turn, depth in rng.integers((300, 12, 4), size=(150, 3)):
        rotation, x = all_rotations()[view, turn], DEPTHS[depth]
        free = [not inside_jaw(around, rotation, x, w, 0.001 - 2e-6).any() for w in steps]
        expected = steps[np.argmax(free)] if any(free) else 0.0
        assert openings[view, turn, depth] == pytest.approx(expected)
        tried += any(free)
    assert 10 < tried < 140


def test_labels_of_an_object_belong_together_and_are_repeatable():
    thing = grasp_object('block', [trimesh.creation.box((0.09, 0.03, 0.05))])
    labels = label_object(thing, LabelSettings(most_points=4), 3)
    again = label_object(thing, LabelSettings(most_points=4), 3)
    np.testing.assert_array_equal(labels.points, again.points)
    np.testing.assert_array_equal(labels.scores, again.scores)
    distance = trimesh.proximity.closest_point(thing.mesh, labels.points)[1]
    assert distance.max() < 1e-6
    assert (labels.scores[labels.collision] == NOT_GRASPABLE).all()
    assert (labels.scores > 0).any()
    turns = np.arange(12) * np.pi / 12
    np.testing.assert_allclose(labels.offsets[1, 7, :, 2, 0], turns, rtol=1e-6)
    np.testing.assert_allclose(labels.offsets[1, 7, 3, :, 1], DEPTHS, rtol=1e-6)
    assert labels.offsets[..., 2].max() <= np.float32(JAW.maximum_width)


def test_a_jaw_that_holds_hardly_any_surface_is_empty():
    steps = np.arange(-3, 4) * 0.008
    plane = np.stack(np.meshgrid(steps, [0.001], steps), axis=-1).reshape(-1, 3) @ FRAME.T
    openings, scores = np.full((2, 300, 12, 4), 0.02, np.float32)
    scores[VIEW, TURN, 1] = NOT_GRASPABLE
    # -16, -8, 0, 8 and so on to the tips, three rows of each
    for fewest, expected in ((12, [0, 0, 0, 0]), (13, [1, 0, 0, 0]), (19, [1, 0, 1, 1])):
        empty = is_empty(plane, openings, scores, LabelSettings(fewest_inside=fewest))
        np.testing.assert_array_equal(empty[VIEW, TURN], expected)


@pytest.mark.parametrize('wrong', [{'spacing': 0.0}, {'most_points': 0}, {'fewest_inside': -1}])
def test_settings_are_checked(wrong):
    with pytest.raises(ValueError, match=r'expected >=? 0'):
        LabelSettings(**wrong)


def test_a_jaw_whose_palm_is_before_its_fingers_is_refused():
    with pytest.raises(ValueError, match='expected palm_start < finger_start < 0'):
        LabelJaw(palm_start=-0.01)


@pytest.fixture(scope='module')
def pair():
    """A block that stands on the table, and a larger one 4 mm beside it."""
    small = grasp_object('small', [trimesh.creation.box((0.03, 0.03, 0.06))])
    large = grasp_object('large', [trimesh.creation.box((0.08, 0.08, 0.08))])
    poses = np.tile(np.eye(4), (2, 1, 1))
    poses[0, :3, 3], poses[1, :3, 3] = (0, 0, 0.03), (0.059, 0, 0.04)
    labels = label_object(small, LabelSettings(most_points=12), 0)
    nothing = label_object(large, LabelSettings(most_points=1), 0)
    placed = [
        PlacedObject(graspable(of), filling_points(thing, 0), pose)
        for of, thing, pose in zip((labels, nothing), (small, large), poses, strict=True)
    ]
    return labels, placed


def test_grasps_through_the_table_collide(pair):
    labels, placed = pair
    hit = scene_collisions(placed[:1], JAW)[0]
    low = labels.points[:, 2] + 0.03 < 0.02
    from_below = grasp_views()[:, 2] < -0.75  # the palm is 22 mm below the grasp point, or more
    under = np.ix_(low, from_below)
    assert (labels.scores[under] > 0).any()
    assert hit[under].all()
    assert not hit[:, grasp_views()[:, 2] > 0.75].all()
    assert hit[labels.scores <= 0].all()


def test_a_neighbour_is_seen_by_brute_force(pair):
    labels, placed = pair
    alone, beside = scene_collisions(placed[:1], JAW)[0], scene_collisions(placed, JAW)[0]
    assert (beside >= alone).all()
    assert (beside > alone).sum() > 100
    wall = thinned(placed[1].filling, 0.006) + placed[1].T_table_object[:3, 3] - [0, 0, 0.03]
    rng = np.random.default_rng(0)
    asked = rng.permutation(np.argwhere((labels.scores > 0) & ~alone))[:300]
    for point, view, turn, depth in asked:
        near = (wall - labels.points[point]).astype(np.float32)
        width = labels.offsets[point, view, turn, depth, 2]
        rotation = all_rotations()[view, turn]
        expected = inside_jaw(near, rotation, DEPTHS[depth], width, 0.0).any()
        assert beside[point, view, turn, depth] == expected
