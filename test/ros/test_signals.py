"""A program that is told to stop ends with 0 and without a traceback, whatever it is doing."""

import signal
import subprocess
import sys
import time

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

CODE = """
import sys
from dexnet_ros.starting import end_quietly
end_quietly()
print('begun', file=sys.stderr, flush=True)
from dexnet_ros.programs import {0}
sys.exit({0}())
"""


def assert_it_ends(program, until, seconds, number=signal.SIGINT):
    """Start a program, send it a signal some time after a text came, and again while it ends."""
    process = subprocess.Popen(
        [sys.executable, '-c', CODE.format(program)], stderr=subprocess.PIPE, text=True
    )
    try:
        while until not in process.stderr.readline():
            assert process.poll() is None
        time.sleep(seconds)
        process.send_signal(number)
        time.sleep(0.05)
        process.send_signal(number)
        said = process.communicate(timeout=20)[1]
    finally:
        process.kill()
    assert process.returncode == 0, said
    assert 'Traceback' not in said
    assert 'FATAL' not in said


@pytest.mark.parametrize('seconds', [0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2])
def test_a_node_that_is_interrupted_while_it_starts(ros_domain, seconds):
    assert_it_ends('suction_node', 'begun', seconds)


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_node_that_is_interrupted_while_it_spins(ros_domain, number):
    assert_it_ends('suction_node', 'ready', 0.1, number)


def test_a_camera_that_is_interrupted_while_its_objects_fall(ros_domain):
    pytest.importorskip('mujoco', reason='mujoco is not here: ./setup.sh')
    assert_it_ends('simulated_camera', 'begun', 1.5)
