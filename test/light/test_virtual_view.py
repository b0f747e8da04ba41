"""A virtual view shows what was measured where it is, and nothing that was hidden."""

from box_scene import CAMERA, camera_at, seen_from, SIDES, up_in
from dexnet_core.geometry.camera import deproject, project
from dexnet_core.geometry.transform import frames_along, invert, transform_points
from dexnet_core.planning.perception.virtual_view import virtual_view, VirtualCamera
import numpy as np
import pytest
from scipy.spatial import cKDTree

T_WORLD_CAMERA = camera_at(np.pi / 4)
TAKEN = VirtualCamera()
SPACING = 0.0015  # of points of a face that the camera sees at 45 degrees


@pytest.fixture(scope='module')
def points():
    return deproject(seen_from(T_WORLD_CAMERA), CAMERA).reshape(-1, 3)


@pytest.fixture(scope='module')
def view(points):
    """From straight above, of what a camera saw that is tilted by 45 degrees."""
    objects = transform_points(T_WORLD_CAMERA, points)[:, 2] > 0.002
    return virtual_view(points, objects, -up_in(T_WORLD_CAMERA), TAKEN, SPACING)


@pytest.fixture(scope='module')
def world(view):
    """(H, W, 3) where the pixels of the view are in the world; NaN where nothing was seen."""
    found = transform_points(
        T_WORLD_CAMERA @ view.T_frame_view, deproject(view.depth, view.camera)
    )
    return np.where(view.depth[..., None] > 0, found, np.nan)


def test_the_top_face_has_its_size_height_and_place(view, world):
    on_top = np.abs(world[..., 2] - SIDES[2]) < 0.001
    assert view.objects[on_top].all()
    np.testing.assert_allclose(view.depth[on_top], TAKEN.distance, atol=0.001)
    np.testing.assert_allclose(world[on_top].mean(axis=0), [0, 0, SIDES[2]], atol=0.001)
    pixel = TAKEN.distance / view.camera.fx
    assert on_top.sum() * pixel**2 == pytest.approx(SIDES[0] * SIDES[1], rel=0.05)
    corners = np.stack([world[on_top].min(axis=0), world[on_top].max(axis=0)])
    sides = np.array(SIDES[:2]) / 2
    np.testing.assert_allclose(corners[:, :2], [-sides, sides], atol=0.002)


def test_the_table_lies_as_far_below_as_the_box_is_high(view, world):
    table = (view.depth > 0) & ~view.objects
    assert table.mean() > 0.4
    np.testing.assert_allclose(world[table][:, 2], 0, atol=0.002)
    assert np.median(view.depth[table]) == pytest.approx(TAKEN.distance + SIDES[2], abs=0.001)


def test_what_the_camera_did_not_see_stays_unseen(view):
    """At 45 degrees the box hides as much of the table behind it as it is high."""
    behind = T_WORLD_CAMERA[:2, 2] / np.linalg.norm(T_WORLD_CAMERA[:2, 2])
    to_view = invert(T_WORLD_CAMERA @ view.T_frame_view)
    for away, seen in ((0.05, False), (0.06, False), (0.1, True)):
        place = transform_points(to_view, np.append(away * behind, 0))
        u, v = np.rint(project(place, view.camera)).astype(int)
        assert (view.depth[v, u] > 0) == seen


def test_poses_in_the_view_go_back_to_where_things_are(view, points):
    R = view.T_frame_view[:3, :3]
    np.testing.assert_allclose(R.T @ R, np.eye(3), atol=1e-9)
    assert np.linalg.det(R) == pytest.approx(1)
    np.testing.assert_allclose(R[:, 2], -up_in(T_WORLD_CAMERA), atol=1e-9)
    seen = deproject(view.depth, view.camera)[view.depth > 0]
    apart, _ = cKDTree(points).query(transform_points(view.T_frame_view, seen))
    assert np.percentile(apart, 99) < 0.002
    assert apart.max() < 0.004


def test_the_nearest_point_counts(points):
    """A point over another hides it, whatever their order."""
    square = np.stack(np.meshgrid(*[np.arange(-0.03, 0.03, 0.001)] * 2), axis=-1).reshape(-1, 2)
    low, high = (np.column_stack([square, np.full(len(square), z)]) for z in (1.0, 0.9))
    half = high[high[:, 0] < 0]
    for parts in ((low, half), (half, low)):
        cloud = np.concatenate(parts)
        view = virtual_view(cloud, cloud[:, 2] < 0.95, [0, 0, 1], TAKEN)
        left = view.objects.nonzero()[1]
        assert (np.unique(view.depth[view.objects].round(4)) == np.float32(TAKEN.distance)).all()
        assert view.depth[view.camera.height // 2, left.max() + 4] == pytest.approx(0.9)


@pytest.mark.parametrize('direction', [(1, 0, 0), (0, -3, 0), (0.3, 0.4, -0.5)])
def test_any_direction_can_be_looked_along(points, direction):
    view = virtual_view(points, np.ones(len(points), bool), direction, TAKEN)
    np.testing.assert_allclose(view.T_frame_view[:3, :3], frames_along(np.array(direction)))
    assert max(view.camera.shape) <= TAKEN.most_pixels + 1
    assert view.depth[view.depth > 0].min() >= TAKEN.distance - 1e-3


def test_without_an_object_there_is_nothing_to_look_at(points):
    with pytest.raises(ValueError, match='no point belongs to an object'):
        virtual_view(points, np.zeros(len(points), bool), [0, 0, 1], TAKEN)
