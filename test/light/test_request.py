"""What a caller may ask beside the image."""

from dexnet_core.geometry.camera import CameraIntrinsics, project
from dexnet_core.geometry.transform import invert, pose_along, pose_matrix, rotation_of
from dexnet_core.planning.grasp import Grasp, GraspPlan, GripperKind, PlanStatus
from dexnet_core.planning.observation import of_image, of_optical_cloud
from dexnet_core.planning.planners.request import (
    in_region,
    move_plan,
    refused,
    Region,
    restrict,
    window_camera,
)
from dexnet_core.planning.planners.settings import PlannerSettings
import numpy as np
import pytest

CAMERA = CameraIntrinsics(640, 480, 500.0, 510.0, 320.0, 240.0)
NOWHERE = Region(0, 0, 0, 0)


def test_a_request_without_wishes_keeps_the_settings():
    settings = PlannerSettings(max_grasps=3, min_score=0.5)
    assert restrict(settings, 0, 0.0) == settings


def test_a_request_names_its_own_number_and_score():
    settings = restrict(PlannerSettings(), 4, 0.5)
    assert (settings.max_grasps, settings.min_score) == (4, 0.5)


def test_a_negative_score_takes_all():
    assert restrict(PlannerSettings(min_score=0.5), 0, -1.0).min_score == 0


def test_a_request_names_from_where_grasps_come():
    assert restrict(PlannerSettings(), 0, 0.0, 'any').approach == 'any'
    assert restrict(PlannerSettings(approach='camera'), 0, 0.0, '').approach == 'camera'
    with pytest.raises(ValueError, match="approach is 'up', expected camera or down or any"):
        restrict(PlannerSettings(), 0, 0.0, 'up')


@pytest.mark.parametrize(('number', 'score'), [(1001, 0.0), (0, 1.5), (0, float('nan'))])
def test_impossible_wishes_are_refused(number, score):
    with pytest.raises(ValueError, match='expected'):
        restrict(PlannerSettings(), number, score)


def table_with_two_boxes():
    """A table 0.8 m below the camera, and two boxes of 5 cm on it."""
    depth = np.full(CAMERA.shape, 0.8, np.float32)
    depth[100:160, 100:160] = depth[300:360, 400:460] = 0.75
    return depth


def test_without_a_region_everything_stays_as_it_is():
    seen = of_image(table_with_two_boxes(), CAMERA, np.eye(480, 640, dtype=bool))
    assert in_region(seen, PlannerSettings(), NOWHERE) is seen
    cloud = of_optical_cloud(np.ones((5, 3)))
    assert in_region(cloud, PlannerSettings(), NOWHERE) is cloud


def test_a_region_and_a_mask_both_have_to_agree():
    mask = np.zeros(CAMERA.shape, bool)
    mask[:, 50] = True
    seen = of_image(table_with_two_boxes(), CAMERA, mask)
    both = in_region(seen, PlannerSettings(), Region(40, 30, 20, 10))
    expected = np.zeros(CAMERA.shape, bool)
    expected[30:40, 50] = True
    np.testing.assert_array_equal(both.allowed, expected)


def test_labels_outside_of_a_region_are_no_objects():
    labels = np.arange(480 * 640).reshape(480, 640) % 5
    seen = of_image(table_with_two_boxes(), CAMERA, labels=labels)
    part = in_region(seen, PlannerSettings(), Region(40, 30, 20, 10)).labels
    np.testing.assert_array_equal(part[30:40, 40:60], labels[30:40, 40:60])
    assert np.count_nonzero(part) == np.count_nonzero(labels[30:40, 40:60])


def test_a_region_alone_holds_the_objects_in_it_and_not_the_table():
    seen = of_image(table_with_two_boxes(), CAMERA)
    objects = in_region(seen, PlannerSettings(), Region(50, 50, 200, 200)).allowed
    expected = np.zeros(CAMERA.shape, bool)
    expected[100:160, 100:160] = True
    np.testing.assert_array_equal(objects, expected)


@pytest.mark.parametrize('region', [(639, 0, 2, 1), (0, 479, 1, 2), (1, 1, 0, 1), (1, 0, 0, 0)])
def test_a_region_outside_of_the_image_is_refused(region):
    seen = of_image(table_with_two_boxes(), CAMERA)
    with pytest.raises(ValueError, match='region is'):
        in_region(seen, PlannerSettings(), Region(*region))


def test_a_region_of_a_cloud_is_refused():
    with pytest.raises(ValueError, match='a region for a cloud'):
        in_region(of_optical_cloud(np.ones((5, 3))), PlannerSettings(), Region(0, 0, 2, 2))


def test_a_window_sees_the_same_points_at_shifted_pixels():
    window = window_camera(CAMERA, Region(100, 50, 200, 100))
    assert window.shape == (100, 200)
    points = np.random.default_rng(0).uniform([-1, -1, 1], [1, 1, 2], (20, 3))
    np.testing.assert_allclose(project(points, window), project(points, CAMERA) - [100, 50])


def test_binning_divides_as_image_geometry_does():
    window = window_camera(CAMERA, NOWHERE, (2, 4))
    assert window == CameraIntrinsics(320, 120, 250.0, 127.5, 160.0, 60.0)


def test_a_window_outside_of_the_camera_is_refused():
    with pytest.raises(ValueError, match='expected within 640x480'):
        window_camera(CAMERA, Region(600, 0, 100, 100))


def test_a_moved_plan_comes_back():
    rng = np.random.default_rng(1)
    position, approach = rng.normal(size=3), rng.normal(size=3)
    pose = pose_along(position, approach)
    grasp = Grasp(GripperKind.SUCTION, pose, 0.5, (1, 2), position[None], -pose[:3, 2][None])
    heatmap = np.zeros((2, 2), np.float32)
    plan = GraspPlan((grasp,), PlanStatus.OK, '', heatmap, 'm')
    T_target_camera = pose_matrix(rng.normal(size=3), rotation_of(rng.normal(size=4)))

    moved = move_plan(plan, T_target_camera).grasps[0]
    np.testing.assert_allclose(moved.contacts[0], moved.position)
    np.testing.assert_allclose(moved.normals[0], -moved.approach)
    assert (moved.score, moved.pixel) == (grasp.score, grasp.pixel)
    back = move_plan(move_plan(plan, T_target_camera), invert(T_target_camera)).grasps[0]
    np.testing.assert_allclose(back.T_camera_grasp, grasp.T_camera_grasp, atol=1e-12)


def test_a_refusal_says_why():
    plan = refused('no depth')
    assert (plan.status, plan.message, plan.grasps) == (PlanStatus.BAD_INPUT, 'no depth', ())
