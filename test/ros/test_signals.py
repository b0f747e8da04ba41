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
{1}
from dexnet_ros.starting import end_quietly
end_quietly()
print('begun', file=sys.stderr, flush=True)
from dexnet_ros.programs import {0}
sys.exit({0}())
"""

LISTENER = """
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from threading import Thread
from types import ModuleType, SimpleNamespace

def listen(buffer, node, spin_thread=False):
    # As tf2_ros does; nothing else of it is needed here.
    if spin_thread:
        from rclpy.executors import SingleThreadedExecutor

        executor = SingleThreadedExecutor()
        executor.add_node(node)
        thread = Thread(target=executor.spin)
        thread.start()
        return SimpleNamespace(executor=executor, dedicated_listener_thread=thread)

if find_spec('tf2_ros') is None:
    tf2 = sys.modules['tf2_ros'] = ModuleType('tf2_ros')
    tf2.__spec__ = ModuleSpec('tf2_ros', None)
    tf2.Buffer, tf2.TransformListener = object, listen
sys.argv += ['--ros-args', '-p', 'target_frame:=base_link']
"""
POLITE = """
import sys
from dexnet_ros.running import run
from dexnet_ros.wall_timer import wall_timer
from rclpy.duration import Duration
from rclpy.node import Node
from std_msgs.msg import String

class Polite(Node):
    def __init__(self):
        super().__init__('polite')
        self.words = self.create_publisher(String, 'words', 10)
        self.timer = wall_timer(self, 0.1, lambda: self.words.publish(String(data='here')))

    def destroy_node(self):
        self.words.publish(String(data='farewell'))
        self.words.wait_for_all_acked(Duration(seconds=5))
        super().destroy_node()

sys.exit(run('polite', Polite))
"""


def assert_it_ends(program, until, seconds, number=signal.SIGINT, before=''):
    """Start a program, send it a signal some time after a text came, and again while it ends.

    Args:
        program: Name of the function that runs it.
        until: What it says.
        seconds: To wait after that.
        number: Of the signal.
        before: Code to run before the program.
    """
    code = CODE.format(program, before)
    process = subprocess.Popen([sys.executable, '-c', code], stderr=subprocess.PIPE, text=True)
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


def test_a_listener_to_transforms_ends_without_a_word(ros_domain):
    assert_it_ends('suction_node', 'ready', 0.3, before=LISTENER)


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_what_a_node_says_at_its_end_is_heard(isolated_ros, number):
    import rclpy
    from std_msgs.msg import String

    words = []
    node = rclpy.create_node('listener')
    node.create_subscription(String, 'words', lambda msg: words.append(msg.data), 10)
    process = subprocess.Popen([sys.executable, '-c', POLITE])
    try:
        serve_until(node, lambda: words)
        process.send_signal(number)
        serve_until(node, lambda: words[-1] == 'farewell')
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        node.destroy_node()


def serve_until(node, done):
    import rclpy

    deadline = time.monotonic() + 20
    while not done():
        assert time.monotonic() < deadline
        rclpy.spin_once(node, timeout_sec=0.1)


def test_a_camera_that_is_interrupted_while_its_objects_fall(ros_domain):
    pytest.importorskip('mujoco', reason='mujoco is not here: ./setup.sh')
    assert_it_ends('simulated_camera', 'begun', 1.5)


def test_a_camera_starts_no_process_that_could_end_after_it(ros_domain):
    pytest.importorskip('mujoco', reason='mujoco is not here: ./setup.sh')
    before = 'import subprocess; subprocess.Popen = None'
    assert_it_ends('simulated_camera', 'settled', 0.0, before=before)
