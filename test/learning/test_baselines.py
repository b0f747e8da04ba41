"""Simple planners answer with grasps on objects, behind the interface of all planners."""

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.planning.grasp import GripperKind, PlanStatus
from dexnet_core.planning.grippers.cup import SuctionCup
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.observation import of_image
from dexnet_core.planning.planners.settings import PlannerSettings
from dexnet_core.simulation.picking.baselines import baselines_for
from dexnet_core.simulation.scenes.rendered_view import look_along, render
import numpy as np
import pytest
from tiny_picking import box, scene_of

CAMERA = CameraIntrinsics(320, 240, 300.0, 300.0, 159.5, 119.5)
CUPS, JAWS = baselines_for(SuctionCup()), baselines_for(JawGripper())
PLANNERS = {**CUPS, **JAWS}


def seen(tilt=0.0):
    """A low box in the middle and a high one 70 mm to its right, from half a metre away."""
    scene = scene_of(box((0.05, 0.08, 0.03)), box((0.03, 0.08, 0.08), x=0.07))
    axis = np.array([0.0, np.sin(tilt), -np.cos(tilt)])
    return render(scene, CAMERA, look_along(np.array([0, 0, 0.02]) - 0.5 * axis, axis))


@pytest.mark.parametrize('tilt', [0.0, 0.6])
@pytest.mark.parametrize('name', PLANNERS)
def test_a_grasp_comes_along_gravity_onto_an_object(name, tilt):
    view = seen(tilt)
    up = view.T_world_camera[2, :3]
    plan = PLANNERS[name].plan(of_image(view.depth, CAMERA, up=up))
    assert (plan.status, plan.model, len(plan.grasps)) == (PlanStatus.OK, name, 1)
    grasp = plan.grasps[0].moved(view.T_world_camera)
    assert grasp.gripper is (GripperKind.SUCTION if name in CUPS else GripperKind.PARALLEL_JAW)
    x, y, z = grasp.contacts.mean(axis=0)
    assert min(abs(x) - 0.025, abs(x - 0.07) - 0.015) < 0.003
    assert abs(y) < 0.043
    assert 0.003 < z < 0.082
    if name in JAWS:
        np.testing.assert_allclose(grasp.approach, [0, 0, -1], atol=1e-3)


@pytest.mark.parametrize('name', PLANNERS)
def test_equal_images_have_equal_answers(name):
    image = of_image(seen().depth, CAMERA)
    first, second = (PLANNERS[name].plan(image).grasps[0] for _ in range(2))
    np.testing.assert_array_equal(first.T_camera_grasp, second.T_camera_grasp)


@pytest.mark.parametrize('name', PLANNERS)
def test_without_an_object_there_is_no_answer(name):
    depth = seen().depth
    nothing = of_image(depth, CAMERA, mask=np.zeros(CAMERA.shape, bool))
    assert PLANNERS[name].plan(nothing).status is PlanStatus.NO_OBJECT


def test_the_highest_flat_patch_is_on_the_higher_box():
    view = seen()
    plan = CUPS['highest flat'].plan(of_image(view.depth, CAMERA))
    position = plan.grasps[0].moved(view.T_world_camera).position
    np.testing.assert_allclose(position, [0.07, 0, 0.08], atol=0.02)


def test_settings_of_all_planners_are_kept():
    (planner,) = JAWS.values()
    along = planner.with_settings(PlannerSettings(approach='camera'))
    view = seen(0.6)
    grasp = along.plan(of_image(view.depth, CAMERA)).grasps[0]
    np.testing.assert_allclose(grasp.approach, [0, 0, 1], atol=1e-9)
