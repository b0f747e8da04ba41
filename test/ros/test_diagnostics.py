"""What a planner node says on /diagnostics, over real DDS, with a planner that does not think."""

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from dexnet_core.planning.grasp import GraspPlan, PlanStatus
from dexnet_core.planning.planners.request import refused
from dexnet_ros import diagnostics, input_watch, sensor_subscription
from dexnet_ros.planning_record import PlanningRecord, WINDOW_S
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from lifecycle_msgs.msg import Transition
from rclpy.parameter import Parameter

GOOD = GraspPlan((), PlanStatus.NO_OBJECT, 'nothing there', np.empty((0, 0), np.float32), 'm')


def recorded(count=100):
    """A record of answers at 10 Hz that took 1, 2, ... ms, of images 5 ms older."""
    record = PlanningRecord()
    for k in range(count):
        record.note(GOOD, at=100 + k / 10, planning_ms=k + 1, age_ms=k + 6)
    return record


def test_rate_and_times_are_those_of_the_answers():
    assert recorded().figures(110.0) == {
        'answers per second': 10.0,
        'planning ms, median': 50.5,
        'planning ms, 95 %': pytest.approx(95.05),
        'image age when answered ms, median': 55.5,
        'image age when answered ms, 95 %': pytest.approx(100.05),
    }


def test_old_answers_do_not_count():
    record = recorded()
    assert record.figures(105.0 + WINDOW_S)['answers per second'] == 5.0
    assert record.figures(200.0 + WINDOW_S) == {'answers per second': 0.0}


def test_images_of_a_recording_have_no_age():
    record = PlanningRecord()
    record.note(GOOD, at=100.0, planning_ms=1.0, age_ms=9.6e10)
    assert list(record.figures(100.0)) == [
        'answers per second',
        'planning ms, median',
        'planning ms, 95 %',
    ]
    record.note(GOOD, at=100.0, planning_ms=1.0, age_ms=7.0)
    assert record.figures(100.0)['image age when answered ms, 95 %'] == 7.0


def test_failures_count_until_an_input_can_be_used():
    record = PlanningRecord()
    for plan in (GOOD, refused('one'), refused('two')):
        record.note(plan, 0.0, 1.0, 1.0)
    assert (record.failures_in_a_row, record.last_error) == (2, 'two')
    record.note(GOOD, 0.0, 1.0, 1.0)
    assert (record.failures_in_a_row, record.last_error) == (0, 'two')


@pytest.fixture
def said(monkeypatch):
    """Return a function that waits for a status of a rig's node that something is true of."""
    monkeypatch.setattr(diagnostics, '_PERIOD_S', 0.05)
    monkeypatch.setattr(input_watch, '_PATIENCE_S', 0.5)
    heard = []

    def wait_for(rig, what, is_true, send=lambda: None):
        if not heard:
            rig.user.create_subscription(DiagnosticArray, '/diagnostics', heard.append, 10)
        heard[1:] = []

        def found():
            return [msg.status[0] for msg in heard if is_true(msg.status[0])]

        return rig.repeat(send, found, what)[-1]

    return wait_for


def values(status):
    return {item.key: item.value for item in status.values}


def test_a_node_that_plans_is_well_and_tells_its_figures(make_rig, said):
    rig = make_rig()
    rig.deliver(rig.infos, rig.info(), 'camera_info')

    def send():
        image = rig.image()
        image.header.stamp = rig.node.get_clock().now().to_msg()
        rig.images.publish(image)

    def is_told(status):
        return float(values(status).get('answers per second', 0)) >= 0.3

    status = said(rig, 'rate', is_told, send)
    assert (status.level, status.message) == (DiagnosticStatus.OK, 'ready')
    assert (status.name, status.hardware_id) == ('planner: planning', 'fake 1')
    told = values(status)
    assert told['model'] == 'fake 1'
    assert told['last error'] == ''
    assert 0 < float(told['planning ms, median']) <= float(told['planning ms, 95 %']) < 5000
    age = float(told['image age when answered ms, median'])
    assert float(told['planning ms, median']) <= age < 5000


@pytest.mark.skipif(not sensor_subscription._HAS_INFO, reason='rclpy gives no numbers')
def test_images_that_newer_ones_replaced_are_counted(rig, said):
    rig.planner.gate.clear()
    rig.repeat(lambda: rig.images.publish(rig.image()), lambda: rig.planner.calls, 'plan')
    for _ in range(20):
        rig.images.publish(rig.image())
    rig.planner.gate.set()
    status = said(
        rig, 'drops', lambda status: values(status).get('images dropped', '0.0') != '0.0'
    )
    assert 10 <= float(values(status)['images dropped']) <= 20


@pytest.mark.parametrize('simulated', [False, True])
def test_a_node_to_which_nothing_comes_warns(make_rig, said, simulated):
    rig = make_rig([Parameter('use_sim_time', value=simulated)])  # and nobody publishes /clock
    status = said(rig, 'warning', lambda status: status.level == DiagnosticStatus.WARN)
    assert 'waiting for a depth image or a cloud since' in status.message


def test_repeated_failures_are_an_error_until_an_image_can_be_used(rig, said):
    def bad():
        rig.images.publish(rig.image((12, 12)))

    status = said(rig, 'error', lambda status: status.level == DiagnosticStatus.ERROR, bad)
    assert 'inputs in a row could not be used: camera is for 8x6' in status.message
    assert 'camera is for 8x6' in values(status)['last error']

    def good():
        rig.images.publish(rig.image())

    said(rig, 'end of the error', lambda status: status.level == DiagnosticStatus.OK, good)


def test_an_inactive_node_says_nothing(rig):
    assert rig.user.count_publishers('/diagnostics') == 1
    assert rig.change_state(Transition.TRANSITION_DEACTIVATE)
    rig.wait(lambda: rig.user.count_publishers('/diagnostics') == 0, 'end of the topic')
