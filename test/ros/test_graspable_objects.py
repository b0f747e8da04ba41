"""Grasps as grasping_msgs: those of each object under its name."""

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from moveit_messages import KINDS, load
from test_moveit_grasps import a_grasp, answer, DOWN, PANDA, vector


@pytest.fixture(params=KINDS)
def grasping(request, monkeypatch):
    return load('dexnet_ros.graspable_objects', request.param, monkeypatch)


@pytest.fixture
def seen():
    """Grasps of two objects, best first."""
    labels = [(0.9, 7), (0.8, 3), (0.7, 7)]
    return answer(*(a_grasp(np.zeros(3), DOWN, score=s, object_id=i) for s, i in labels))


def test_each_object_has_its_grasps_best_first(grasping, seen):
    found = grasping.graspable_objects(seen, PANDA)
    assert [item.object.name for item in found] == ['object_7', 'object_3']
    assert {item.object.header.frame_id for item in found} == {'panda_link0'}
    scores = [[grasp.grasp_quality for grasp in item.grasps] for item in found]
    np.testing.assert_allclose(scores[0], [0.9, 0.7], atol=1e-6)
    np.testing.assert_allclose(scores[1], [0.8], atol=1e-6)
    touched = {tuple(grasp.allowed_touch_objects) for grasp in found[0].grasps}
    assert touched == {('object_7',)}


def test_the_answer_for_one_object_has_only_its_grasps(grasping, seen):
    result = grasping.planning_result(seen, 3, PANDA)
    (grasp,) = result.grasps
    assert grasp.grasp_quality == pytest.approx(0.8)
    assert list(grasp.allowed_touch_objects) == ['object_3']
    assert list(grasping.planning_result(seen, 5, PANDA).grasps) == []


def test_the_way_is_that_of_the_robot(grasping, seen):
    motion = grasping.ApproachRetreat(approach=0.05, up=np.array([0.0, 1.0, 0.0]))
    (item, _) = grasping.graspable_objects(seen, PANDA, motion)
    assert item.grasps[0].pre_grasp_approach.desired_distance == pytest.approx(0.05)
    assert vector(item.grasps[0].post_grasp_retreat) == pytest.approx([0, 1, 0])


def test_without_a_grasp_there_is_no_object(grasping):
    assert grasping.graspable_objects(answer(), PANDA) == []
