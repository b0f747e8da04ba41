"""The example asks a node with a planner that does not think, over real DDS."""

import subprocess
import sys

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from dexnet_core.geometry.transform import pose_matrix
import numpy as np

T_BASE_CAMERA = pose_matrix([1.0, 2.0, 3.0], np.diag([1.0, -1.0, -1.0]))


@pytest.fixture
def pick(repo):
    """Return a function that runs the example beside a rig; what it said, and its status."""

    def run(rig, *arguments):
        words = [sys.executable, str(repo / 'examples' / 'pick_best.py'), *arguments]
        with subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as example:
            rig.wait(lambda: example.poll() is not None, 'end of the example')
            return (*example.communicate(), example.returncode)

    return run


def poses(printed):
    """The position and quaternion of each pose."""
    lines = [line.split('qw:') for line in printed.splitlines() if 'qw:' in line]
    return {name.split()[0]: np.array(numbers.split(), float) for name, numbers in lines}


def test_the_best_grasp_is_printed_with_the_pose_before_it(rig, pick):
    rig.deliver(rig.images, rig.image(), 'image')
    printed, _, status = pick(rig)
    assert status == 0
    assert 'score 0.750, opening 0.0000 m, in camera_optical_frame' in printed
    found = poses(printed)
    np.testing.assert_allclose(found['grasp'][:3], [0, 0.75, 0.5])
    np.testing.assert_allclose(found['pre-grasp'][:3], [0, 0.75, 0.4])
    np.testing.assert_array_equal(found['grasp'][3:], found['pre-grasp'][3:])


def test_it_may_be_in_another_frame_and_farther_away(make_rig, pick):
    rig = make_rig(lookup=lambda *_: T_BASE_CAMERA)
    rig.deliver(rig.infos, rig.info(), 'camera_info')
    rig.deliver(rig.images, rig.image(), 'image')
    printed, _, status = pick(rig, '--frame', 'base_link', '--before', '0.25')
    assert status == 0
    assert 'in base_link' in printed
    np.testing.assert_allclose(poses(printed)['grasp'][:3], [1, 1.25, 2.5])
    np.testing.assert_allclose(poses(printed)['pre-grasp'][:3], [1, 1.25, 2.75])


def test_without_a_grasp_it_says_why(make_rig, pick):
    printed, said, status = pick(make_rig())
    assert (printed, status) == ('', 1)
    assert said.strip() == 'no grasp: the request has no image, and no image was received yet'
