"""Where a hand has to be for a grasp, and how far its fingers open."""

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from dexnet_core.geometry.approach_poses import pose_before
from dexnet_core.geometry.transform import invert, pose_matrix
from dexnet_ros.robot_hand import Finger, RobotHand
from scipy.spatial.transform import Rotation

TOOL = pose_before(np.eye(4), 0.1)
FINGERS = (Finger('left', 0.0, 0.04), Finger('knuckle', 0.8, 0.0))


def test_a_flange_behind_the_tool_stands_back_along_the_approach():
    down = pose_matrix([0.4, 0.1, 0.02], np.diag([1.0, -1.0, -1.0]))
    link = RobotHand('flange', TOOL).link_pose(down)
    np.testing.assert_allclose(link, pose_matrix([0.4, 0.1, 0.12], down[:3, :3]), atol=1e-12)


def test_the_tool_of_a_link_at_its_pose_is_in_the_grasp():
    T_link_tcp = pose_matrix([0.01, -0.02, 0.1], Rotation.from_euler('xyz', [1, 2, 3]).as_matrix())
    T_base_grasp = pose_matrix([1, 2, 3], Rotation.from_euler('xyz', [-1, 0.5, 2]).as_matrix())
    hand = RobotHand('link', invert(T_link_tcp))
    np.testing.assert_allclose(hand.link_pose(T_base_grasp) @ T_link_tcp, T_base_grasp, atol=1e-12)
    np.testing.assert_allclose(hand.approach, T_link_tcp[:3, 2], atol=1e-12)


def test_fingers_follow_the_width_in_a_line():
    hand = RobotHand('flange', TOOL, FINGERS, 0.08)
    assert hand.positions(0.0) == {'left': 0.0, 'knuckle': 0.8}
    assert hand.positions(0.08) == {'left': 0.04, 'knuckle': 0.0}
    assert hand.positions(0.02) == pytest.approx({'left': 0.01, 'knuckle': 0.6})
    assert RobotHand('flange', TOOL).positions(0.05) == {}


def test_what_the_fingers_cannot_open_is_refused():
    hand = RobotHand('flange', TOOL, FINGERS, 0.08)
    assert hand.positions(np.float32(0.08))['left'] == pytest.approx(0.04)
    with pytest.raises(ValueError, match=r'width is 0\.0850 m, expected 0 to max_opening 0\.0800'):
        hand.positions(0.085)


MIRRORED = np.diag([1.0, 1.0, -1.0, 1.0])


@pytest.mark.parametrize(
    ('given', 'said'),
    [
        ({'link': ''}, "link is ''"),
        ({'T_tcp_link': np.eye(3)}, r'shape \(3, 3\), expected \(4, 4\)'),
        ({'T_tcp_link': MIRRORED}, 'expected a rotation and a translation'),
        ({'T_tcp_link': 2 * np.eye(4)}, 'expected a rotation and a translation'),
        ({'T_tcp_link': np.full((4, 4), np.nan)}, 'expected a rotation and a translation'),
        ({'fingers': FINGERS}, 'max_opening is 0.0 with 2 fingers'),
        ({'max_opening': 0.08}, 'max_opening is 0.08 with 0 fingers'),
        ({'max_force': -1.0}, 'max_force is -1.0, expected newtons'),
    ],
)
def test_an_impossible_hand_is_refused(given, said):
    with pytest.raises(ValueError, match=said):
        RobotHand(**({'link': 'flange', 'T_tcp_link': TOOL} | given))
