"""The health check of the images asks a node with a planner that does not think."""

import subprocess
import sys

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from lifecycle_msgs.msg import Transition


def health(repo, *arguments):
    words = [sys.executable, str(repo / 'deploy' / 'healthcheck.py'), *arguments]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr.strip()


def test_an_active_node_is_healthy_and_an_inactive_one_is_not(repo, rig):
    assert health(repo, '/planner') == (0, '')
    assert rig.change_state(Transition.TRANSITION_DEACTIVATE)
    assert health(repo, '/planner') == (1, '/planner is inactive')


def test_a_node_that_is_not_there_is_not_healthy(repo, isolated_ros, monkeypatch):
    monkeypatch.setenv('DEXNET_NODE', '/nobody')
    assert health(repo) == (1, '/nobody is not running')
