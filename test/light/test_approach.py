"""Grasps come from where they are asked for, whatever the camera looks along."""

from dataclasses import replace

from box_scene import CAMERA, camera_at, seen_from, SMALL, up_in
from dexnet_core.geometry.camera import deproject, project
from dexnet_core.geometry.transform import transform_points
from dexnet_core.planning.grasp import GripperKind, PlanStatus
from dexnet_core.planning.observation import of_cloud, of_image, of_optical_cloud
from dexnet_core.planning.planners.approach import further_directions, main_approach
from dexnet_core.planning.planners.loading import load_jaw_planner, load_suction_planner
from dexnet_core.planning.planners.segmented_scene import segment_scene
from dexnet_core.planning.planners.settings import JawSettings, PlannerSettings, SuctionSettings
import numpy as np
import pytest

ABOVE, TILTED = camera_at(0.0), camera_at(np.pi / 4)
DOWN = np.array([0.0, 0.0, -1.0])
UP = np.array([0.0, 0.0, 1.0])


def image_from(T_world_camera, up=None):
    return of_image(seen_from(T_world_camera, SMALL), CAMERA, up=up)


def world_points(*poses):
    """(n, 3) what cameras saw near the box, in the frame of the world."""
    parts = [
        transform_points(T, deproject(seen_from(T, SMALL), CAMERA).reshape(-1, 3)) for T in poses
    ]
    points = np.concatenate(parts)
    return points[np.abs(points).max(axis=1) < 0.3]


@pytest.fixture(scope='module')
def jaw():
    return load_jaw_planner()


@pytest.fixture(scope='module')
def from_above(jaw):
    """The best grasp in the world as a camera straight above shows it."""
    return jaw.plan(image_from(ABOVE)).grasps[0].moved(ABOVE)


@pytest.mark.parametrize('given', [True, False])
def test_with_a_tilted_camera_the_jaw_comes_along_gravity_to_the_same_place(
    jaw, from_above, given
):
    plan = jaw.plan(image_from(TILTED, up_in(TILTED) if given else None))
    assert plan.status is PlanStatus.OK
    assert plan.approach == ('given' if given else 'support plane')
    for grasp in plan.grasps:
        np.testing.assert_allclose(grasp.moved(TILTED).approach, DOWN, atol=1e-3)
        np.testing.assert_allclose(grasp.pixel, project(grasp.position, CAMERA), atol=1e-6)
    best = plan.grasps[0].moved(TILTED)
    np.testing.assert_allclose(best.position, from_above.position, atol=0.005)
    assert np.abs(best.T_camera_grasp[:2, 0]).max() > 0.97  # on two faces of the box
    heights = transform_points(TILTED, deproject(seen_from(TILTED, SMALL), CAMERA))[..., 2]
    rated = np.isfinite(plan.heatmap)
    assert heights[rated].min() > 0.003
    assert rated[heights > 0.005].mean() > 0.95


def test_a_cup_comes_along_the_normal_of_the_top_however_the_camera_is_tilted():
    plan = load_suction_planner().plan(image_from(TILTED))
    best = plan.grasps[0].moved(TILTED)
    assert best.gripper is GripperKind.SUCTION
    np.testing.assert_allclose(best.approach, DOWN, atol=0.02)
    assert best.position[2] == pytest.approx(SMALL[2], abs=0.001)
    assert (np.abs(best.position[:2]) < np.array(SMALL[:2]) / 2).all()


def test_clouds_of_a_robot_of_one_camera_and_of_several_are_planned_on_alike(jaw):
    several = of_cloud(world_points(TILTED, camera_at(np.pi / 4, around=2.4)), up=UP)
    one = of_cloud(world_points(TILTED), up=UP, viewpoint=TILTED[:3, 3])
    optical = of_optical_cloud(deproject(seen_from(TILTED, SMALL), CAMERA))
    for seen, T in ((several, np.eye(4)), (one, np.eye(4)), (optical, TILTED)):
        plan = jaw.plan(seen)
        best = plan.grasps[0].moved(T)
        np.testing.assert_allclose(best.approach, DOWN, atol=1e-3)
        assert (np.abs(best.position[:2]) < np.array(SMALL[:2]) / 2).all()
        assert 0 < best.position[2] < SMALL[2]
        assert np.isnan(best.pixel).all()
        assert plan.heatmap.size == 0


def test_along_the_camera_the_image_itself_is_planned_on(jaw):
    plan = jaw.with_settings(JawSettings(approach='camera')).plan(image_from(TILTED))
    assert plan.approach == 'optical axis'
    for grasp in plan.grasps:
        np.testing.assert_allclose(grasp.approach, [0, 0, 1], atol=1e-9)


def test_any_direction_is_no_worse_than_down_and_stays_within_the_tilt(jaw):
    settings = JawSettings(max_grasps=100, spacing=0.0, approach='any', max_tilt=0.5)
    down = jaw.with_settings(replace(settings, approach='down')).plan(image_from(TILTED))
    plan = jaw.with_settings(settings).plan(image_from(TILTED))
    assert plan.grasps[0].score >= down.grasps[0].score
    cosines = [grasp.moved(TILTED).approach @ DOWN for grasp in plan.grasps]
    assert min(cosines) >= np.cos(0.5) - 1e-3


@pytest.mark.parametrize('tilt', [0.2, 0.6, 1.5])
def test_further_directions_begin_on_the_seen_side(tilt):
    settings = PlannerSettings(approach='any', max_tilt=tilt)
    scene = segment_scene(of_cloud(world_points(TILTED), up=UP, viewpoint=TILTED[:3, 3]), settings)
    main = main_approach(scene, settings)
    np.testing.assert_allclose(main.direction, DOWN)
    found = np.array(list(further_directions(scene, main, settings)))
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1)
    np.testing.assert_allclose(found @ DOWN, np.cos(min(tilt, np.radians(35))))
    assert len(found) == 1
    aside = np.cross(np.cross(DOWN, TILTED[:3, 2]), DOWN)
    towards = np.sin(min(tilt, np.radians(35))) * np.linalg.norm(aside)
    assert found[0] @ aside == pytest.approx(towards)


@pytest.mark.parametrize('viewpoint', [None, np.array([0.0, 0.0, 0.6])])
def test_without_a_side_that_is_seen_best_there_are_two_further_directions(viewpoint):
    settings = PlannerSettings(approach='any')
    scene = segment_scene(of_cloud(world_points(ABOVE), up=UP, viewpoint=viewpoint), settings)
    found = np.array(list(further_directions(scene, main_approach(scene, settings), settings)))
    assert len(found) == 2
    assert found[0, :2] @ found[1, :2] == pytest.approx(0)


def test_a_place_that_failed_is_avoided_in_every_frame(jaw):
    best = jaw.plan(image_from(TILTED)).grasps[0]
    plan = jaw.plan(replace(image_from(TILTED), avoid=best.position[None]))
    for grasp in plan.grasps:
        assert np.linalg.norm(grasp.position - best.position) > 0.02
    assert plan.refused['failed before'] > 0


def test_a_cup_needs_no_further_view_than_the_cameras_own(monkeypatch):
    monkeypatch.setattr('dexnet_core.planning.planners.planner.LAST_VIEW_SCORE', 2.0)
    settings = SuctionSettings(approach='any')
    planner = load_suction_planner(settings=settings)
    once = planner.with_settings(replace(settings, approach='down'))
    above, tilted = image_from(ABOVE), image_from(TILTED)
    assert planner.plan(above).refused == once.plan(above).refused
    assert planner.plan(tilted).refused['steep'] > once.plan(tilted).refused['steep']  # the sides


@pytest.mark.parametrize('scale', [0.93, 1.05])
def test_a_camera_that_measures_too_short_or_far_is_put_right_by_the_known_distance(jaw, scale):
    exact = image_from(TILTED, up_in(TILTED))
    wrong = replace(exact, depth=exact.depth * np.float32(scale))
    known = jaw.with_settings(JawSettings(support_distance=TILTED[2, 3]))
    expected, found = known.plan(exact).grasps[0], known.plan(wrong).grasps[0]
    np.testing.assert_allclose(found.position, expected.position, atol=0.002)
    np.testing.assert_allclose(found.pixel, expected.pixel, atol=2)
    off = jaw.plan(wrong).grasps[0].position - expected.position
    assert np.linalg.norm(off) > 0.02


def test_a_plane_that_cannot_be_the_support_is_refused():
    settings = JawSettings(support_distance=1.3 * TILTED[2, 3])
    with pytest.raises(ValueError, match=r'the support plane is 0\.4.* expected support_distance'):
        segment_scene(image_from(TILTED), settings)


def test_an_unknown_direction_is_refused_with_what_would_tell_it():
    cloud = of_cloud(world_points(ABOVE), up=UP)
    settings = PlannerSettings(approach='camera')
    with pytest.raises(ValueError, match="the camera's axis is unknown"):
        main_approach(segment_scene(cloud, settings), settings)
    nameless = replace(cloud, up=None)
    with pytest.raises(ValueError, match='direction of gravity is unknown'):
        main_approach(segment_scene(nameless, PlannerSettings()), PlannerSettings())
