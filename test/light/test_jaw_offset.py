"""A jaw that is mounted beside where it should be is sent to where it then is right."""

from dataclasses import replace

from box_scene import CAMERA, camera_at, seen_from, SMALL, up_in
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.observation import of_image
from dexnet_core.planning.planners.jaw_placement import reached_pose, sent_pose
from dexnet_core.planning.planners.loading import load_graspnet_planner, load_jaw_planner
import numpy as np
import pytest

BESIDE = JawGripper(offset_x=0.008, offset_y=-0.003)
USUAL = JawGripper()


@pytest.mark.parametrize('load', [load_jaw_planner, load_graspnet_planner])
def test_the_jaw_gets_to_the_same_grasps(load):
    T_world_camera = camera_at(0.3)
    seen = of_image(seen_from(T_world_camera, SMALL), CAMERA, up=up_in(T_world_camera))
    plans = [load(gripper=gripper).plan(seen) for gripper in (USUAL, BESIDE)]
    assert plans[0].grasps
    for usual, sent in zip(*(plan.grasps for plan in plans), strict=True):
        assert (usual.score, usual.width) == (sent.score, sent.width)
        assert usual.contacts == pytest.approx(sent.contacts)
        moved = np.linalg.norm(usual.position - sent.position)
        assert moved == pytest.approx(np.hypot(0.008, 0.003))
        reached = reached_pose(sent.T_camera_grasp, BESIDE)
        assert reached == pytest.approx(usual.T_camera_grasp)


def test_the_offset_is_along_the_axes_of_the_grasp():
    pose = np.array([[0.0, -1, 0, 1], [1, 0, 0, 2], [0, 0, 1, 3], [0, 0, 0, 1]])
    assert sent_pose(pose, BESIDE)[:3, 3] == pytest.approx([1 - 0.003, 2 - 0.008, 3])
    assert reached_pose(sent_pose(pose, BESIDE), BESIDE) == pytest.approx(pose)


@pytest.mark.parametrize('name', ['offset_x', 'offset_y'])
@pytest.mark.parametrize('value', [-4.0, 4.0, float('nan')])
def test_an_offset_in_millimetres_is_refused(name, value):
    with pytest.raises(ValueError, match=rf'{name} is {value}, expected less than max_opening'):
        replace(USUAL, **{name: value})
