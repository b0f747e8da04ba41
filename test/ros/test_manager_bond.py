"""The heartbeat for a lifecycle manager, heard by bondpy where that is installed."""

from importlib.util import find_spec
import signal
import subprocess
import sys
import time

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from dexnet_core.planning.planners.planner_registry import SUCTION
from dexnet_ros.planner_node import PlannerNode
from lifecycle_msgs.msg import Transition
import rclpy
from rclpy.parameter import Parameter

PROGRAM = 'import sys; from dexnet_ros.programs import suction_node; sys.exit(suction_node())'
WANTED = [Parameter('bond', value=True)]


@pytest.mark.skipif(find_spec('bond') is not None, reason='the package bond is installed')
def test_without_the_package_a_bond_is_refused_with_the_remedy(isolated_ros):
    with pytest.raises(ValueError, match=r'apt install ros-\$ROS_DISTRO-bond'):
        PlannerNode('planner', SUCTION, parameter_overrides=WANTED)


@pytest.fixture
def heard(make_rig):
    """A node with a bond, and the messages that its topic brought."""
    kind = pytest.importorskip('bond.msg', reason='the package bond is not installed').Status
    rig = make_rig(WANTED)
    messages = []
    rig.user.create_subscription(kind, 'bond', messages.append, 10)
    return rig, messages


def test_a_heart_beats_while_the_node_is_active(heard):
    rig, messages = heard
    rig.wait(lambda: len(messages) >= 3, 'heartbeats')
    assert {(msg.id, msg.active) for msg in messages} == {('planner', True)}
    assert len({msg.instance_id for msg in messages}) == 1
    assert rig.change_state(Transition.TRANSITION_DEACTIVATE)
    rig.wait(lambda: not messages[-1].active, 'the farewell')


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_node_that_is_told_to_stop_says_farewell(isolated_ros, number):
    kind = pytest.importorskip('bond.msg', reason='the package bond is not installed').Status
    messages = []
    manager = rclpy.create_node('manager')
    manager.create_subscription(kind, 'bond', messages.append, 10)
    program = [sys.executable, '-c', PROGRAM, '--ros-args', '-p', 'bond:=true']
    process = subprocess.Popen(program)
    try:
        serve_until(manager, lambda: messages)
        assert messages[-1].active
        process.send_signal(number)
        serve_until(manager, lambda: not messages[-1].active)
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        manager.destroy_node()


def serve_until(node, done):
    deadline = time.monotonic() + 20
    while not done():
        assert time.monotonic() < deadline
        rclpy.spin_once(node, timeout_sec=0.1)


def test_a_manager_forms_a_bond(heard):
    rig, _ = heard
    bondpy = pytest.importorskip('bondpy.bondpy', reason='bondpy is not installed')
    events = []
    bond = bondpy.Bond(rig.user, 'bond', 'planner', on_formed=lambda: events.append('formed'))
    bond.start()
    try:
        rig.wait(lambda: events, 'the bond')
    finally:
        bond.shutdown()
