"""Grasps as moveit_msgs/Grasp: the pose of a known flange, directions and distances."""

import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from dexnet_core.geometry.transform import pose_matrix, rotation_of
from dexnet_core.planning.grasp import Grasp, GraspPlan, GripperKind, PlanStatus
from dexnet_ros.conversions import plan_to_msg
from dexnet_ros.robot_hand import Finger, RobotHand
from moveit_messages import KINDS, load
from rclpy.serialization import deserialize_message, serialize_message
from std_msgs.msg import Header

# A Franka arm: the hand is mounted on panda_link8 turned by -45 degrees, its fingers close along
# the hand's y, and its fingertips are 0.1124 m in front of the flange.
TURN = np.sqrt(0.5)
PANDA = RobotHand(
    'panda_link8',
    pose_matrix([0.0, 0.0, -0.1124], [[TURN, TURN, 0], [-TURN, TURN, 0], [0, 0, 1]]),
    (Finger('panda_finger_joint1', 0.0, 0.04), Finger('panda_finger_joint2', 0.0, 0.04)),
    max_opening=0.08,
    max_force=40,
)
CUP = RobotHand('flange', pose_matrix([0, 0, -0.2], np.eye(3)))
DOWN = np.diag([1.0, -1.0, -1.0])
TILTED = np.array([[0.8, 0.0, 0.6], [0.0, -1.0, 0.0], [0.6, 0.0, -0.8]])
"""Along z of the grasp the hand comes down and forwards in x."""


@pytest.fixture(params=KINDS)
def moveit(request, monkeypatch):
    return load('dexnet_ros.moveit_grasps', request.param, monkeypatch)


def a_grasp(position, rotation, **changes):
    ends = np.array([[-0.02, 0, 0], [0.02, 0, 0]])
    given = {
        'gripper': GripperKind.PARALLEL_JAW,
        'T_camera_grasp': pose_matrix(position, rotation),
        'score': 0.75,
        'pixel': (0.0, 0.0),
        'contacts': position + ends @ rotation.T,
        'normals': ends @ rotation.T / 0.02,
        'width': 0.06,
    }
    return Grasp(**(given | changes))


def answer(*grasps):
    header = Header(frame_id='panda_link0')
    header.stamp.sec = 7
    return plan_to_msg(GraspPlan(grasps, PlanStatus.OK, '', np.zeros((0, 0)), 'fake'), header)


def vector(translation):
    direction = translation.direction.vector
    return [direction.x, direction.y, direction.z]


def matrix(pose):
    place, turn = pose.position, pose.orientation
    R = rotation_of(np.array([turn.x, turn.y, turn.z, turn.w]))
    return pose_matrix([place.x, place.y, place.z], R)


def test_the_flange_stands_over_the_object_and_its_hand_closes_along_x(moveit):
    (found,) = moveit.moveit_grasps(answer(a_grasp(np.array([0.4, 0.1, 0.02]), DOWN)), PANDA)
    T = matrix(found.grasp_pose.pose)
    np.testing.assert_allclose(T[:3, 3], [0.4, 0.1, 0.1324], atol=1e-12)
    T_link8_hand = pose_matrix([0, 0, 0], [[TURN, TURN, 0], [-TURN, TURN, 0], [0, 0, 1]])
    _, closing, approach = (T @ T_link8_hand)[:3, :3].T
    np.testing.assert_allclose(approach, [0, 0, -1], atol=1e-12)
    np.testing.assert_allclose(np.abs(closing), [1, 0, 0], atol=1e-12)
    assert (found.grasp_pose.header.frame_id, found.grasp_pose.header.stamp.sec) == (
        'panda_link0',
        7,
    )


def test_the_hand_comes_along_z_of_the_grasp_and_leaves_the_way_it_came(moveit):
    motion = moveit.ApproachRetreat(approach=0.12, retreat=0.2, least=0.25)
    grasps = answer(a_grasp(np.array([0.4, 0.1, 0.02]), TILTED))
    (found,) = moveit.moveit_grasps(grasps, PANDA, motion)
    approach, retreat = found.pre_grasp_approach, found.post_grasp_retreat
    assert vector(approach) == pytest.approx([0.6, 0, -0.8])
    assert vector(retreat) == pytest.approx([-0.6, 0, 0.8])
    assert approach.direction.header == retreat.direction.header == grasps.header
    distances = (approach.desired_distance, approach.min_distance)
    assert distances == pytest.approx((0.12, 0.03))
    assert (retreat.desired_distance, retreat.min_distance) == pytest.approx((0.2, 0.05))


def test_the_object_is_lifted_where_up_is_known(moveit):
    motion = moveit.ApproachRetreat(up=np.array([0.0, 0.0, 3.0]))
    (found,) = moveit.moveit_grasps(answer(a_grasp(np.zeros(3), TILTED)), PANDA, motion)
    assert vector(found.post_grasp_retreat) == pytest.approx([0, 0, 1])
    assert vector(found.pre_grasp_approach) == pytest.approx([0.6, 0, -0.8])


def test_after_placing_the_hand_goes_back_in_its_own_frame(moveit):
    sideways = RobotHand('wrist', pose_matrix([0, 0, 0], [[0, 0, 1], [0, 1, 0], [-1, 0, 0]]))
    (found,) = moveit.moveit_grasps(answer(a_grasp(np.zeros(3), TILTED)), sideways)
    assert found.post_place_retreat.direction.header.frame_id == 'wrist'
    seen_from_base = matrix(found.grasp_pose.pose)[:3, :3] @ vector(found.post_place_retreat)
    assert seen_from_base == pytest.approx([-0.6, 0, 0.8])


def test_fingers_open_to_the_width_and_close(moveit):
    (found,) = moveit.moveit_grasps(answer(a_grasp(np.zeros(3), DOWN)), PANDA, touch=['mug'])
    before, closed = found.pre_grasp_posture, found.grasp_posture
    assert list(before.joint_names) == ['panda_finger_joint1', 'panda_finger_joint2']
    assert list(closed.joint_names) == list(before.joint_names)
    assert list(before.points[0].positions) == pytest.approx([0.03, 0.03])
    assert list(closed.points[0].positions) == [0, 0]
    assert (found.max_contact_force, list(found.allowed_touch_objects)) == (40, ['mug'])


def test_grasps_stay_in_order_with_their_scores(moveit):
    grasps = [a_grasp(np.zeros(3), DOWN, score=score) for score in (0.75, 0.5, 0.25)]
    found = moveit.moveit_grasps(answer(*grasps), PANDA)
    assert [item.id for item in found] == ['grasp_0', 'grasp_1', 'grasp_2']
    assert [item.grasp_quality for item in found] == [0.75, 0.5, 0.25]
    assert moveit.moveit_grasps(answer(), PANDA) == []


def test_a_cup_has_no_posture(moveit):
    held = a_grasp(np.zeros(3), DOWN, gripper=GripperKind.SUCTION, width=0.0, cup_radius=0.0075)
    (found,) = moveit.moveit_grasps(answer(held), CUP)
    assert matrix(found.grasp_pose.pose)[:3, 3].tolist() == pytest.approx([0, 0, 0.2])
    for posture in (found.pre_grasp_posture, found.grasp_posture):
        assert (list(posture.joint_names), list(posture.points)) == ([], [])


def test_a_grasp_wider_than_the_hand_is_refused(moveit):
    with pytest.raises(ValueError, match=r'width is 0\.0850 m, expected 0 to max_opening 0\.0800'):
        moveit.moveit_grasps(answer(a_grasp(np.zeros(3), DOWN, width=0.085)), PANDA)


@pytest.mark.parametrize(
    ('given', 'said'),
    [
        ({'approach': 0.0}, 'approach and retreat are 0.0 and 0.1, expected > 0 m'),
        ({'least': 1.5}, 'least is 1.5, expected a share'),
    ],
)
def test_an_impossible_way_is_refused(moveit, given, said):
    with pytest.raises(ValueError, match=said):
        moveit.ApproachRetreat(**given)


def test_the_page_tells_a_call_that_works(moveit, repo):
    page = (repo / 'docs' / 'moveit.md').read_text()
    names = {'grasps': answer(a_grasp(np.array([0.4, 0.1, 0.02]), DOWN))}
    exec(page.split('```python\n')[1].split('```')[0], names)
    (found,) = names['found']
    assert matrix(found.grasp_pose.pose)[:3, 3].tolist() == pytest.approx([0.4, 0.1, 0.17])
    assert vector(found.post_grasp_retreat) == pytest.approx([0, 0, 1])
    (knuckle,) = found.pre_grasp_posture.points[0].positions
    assert knuckle == pytest.approx(0.8 * (1 - 0.06 / 0.085))


def test_what_is_made_survives_the_wire():
    pytest.importorskip('moveit_msgs.msg', reason='moveit_msgs is not installed')
    from dexnet_ros.moveit_grasps import ApproachRetreat, moveit_grasps

    motion = ApproachRetreat(approach=0.125, retreat=0.25)  # float32 has these as they are
    (made,) = moveit_grasps(answer(a_grasp(np.ones(3), TILTED)), PANDA, motion, touch=['mug'])
    assert deserialize_message(serialize_message(made), type(made)) == made


def test_the_rest_of_the_package_does_not_need_moveit():
    code = (
        'import sys; sys.modules.update(dict.fromkeys(("moveit_msgs", "trajectory_msgs",'
        ' "grasping_msgs", "tf2_msgs", "moveit")))\n'
        'import dexnet_ros.planner_node, dexnet_ros.robot_hand, dexnet_ros.programs'
    )
    subprocess.run([sys.executable, '-c', code], check=True)
