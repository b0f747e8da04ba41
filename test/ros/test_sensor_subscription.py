"""Which cameras are heard, and how surely."""

import time

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')

from dexnet_ros import sensor_subscription
from dexnet_ros.sensor_subscription import SensorSubscription
import rclpy
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image

RELIABLE, BEST_EFFORT = ReliabilityPolicy.RELIABLE, ReliabilityPolicy.BEST_EFFORT
NUMBERED = pytest.mark.skipif(not sensor_subscription._HAS_INFO, reason='rclpy gives no numbers')


@pytest.fixture
def node(isolated_ros):
    node = rclpy.create_node('robot')
    yield node
    node.destroy_node()


def publisher(node, reliability):
    return node.create_publisher(Image, 'image', QoSProfile(depth=1, reliability=reliability))


def wait_until_asked(node, reliability):
    deadline = time.monotonic() + 20

    def asked():
        found = node.get_subscriptions_info_by_topic('image')
        return [info.qos_profile.reliability for info in found] == [reliability]

    while not asked():
        assert time.monotonic() < deadline
        rclpy.spin_once(node, timeout_sec=0.05)


def test_without_a_camera_any_may_come(node):
    SensorSubscription(node, Image, 'image', print)
    wait_until_asked(node, BEST_EFFORT)


def test_reliability_is_asked_for_while_all_offer_it(node):
    first = publisher(node, RELIABLE)
    subscription = SensorSubscription(node, Image, 'image', print)
    wait_until_asked(node, RELIABLE)
    second = publisher(node, BEST_EFFORT)
    wait_until_asked(node, BEST_EFFORT)
    node.destroy_publisher(second)
    wait_until_asked(node, RELIABLE)
    assert first.get_subscription_count() == 1
    subscription.destroy()
    assert node.get_subscriptions_info_by_topic('image') == []


@pytest.mark.parametrize('reliability', [RELIABLE, BEST_EFFORT])
def test_either_camera_is_heard(node, reliability):
    heard = []
    camera = publisher(node, reliability)
    SensorSubscription(node, Image, 'image', heard.append)
    deadline = time.monotonic() + 20
    while not heard:
        assert time.monotonic() < deadline
        camera.publish(Image())
        rclpy.spin_once(node, timeout_sec=0.05)


@pytest.mark.parametrize('sent_once', [True, False])
def test_what_was_sent_before_is_heard_where_it_is_wanted(node, sent_once):
    kept = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    sender, heard = node.create_publisher(Image, 'image', kept), []
    sender.publish(Image(width=1))
    SensorSubscription(node, Image, 'image', heard.append, sent_once)
    wait_until_asked(node, RELIABLE)
    deadline = time.monotonic() + 20
    while not heard:
        assert time.monotonic() < deadline
        if not sent_once:
            sender.publish(Image(width=2))
        rclpy.spin_once(node, timeout_sec=0.05)
    assert heard[0].width == (1 if sent_once else 2)


def test_a_sender_that_keeps_nothing_is_heard_as_well(node):
    heard = []
    sender = publisher(node, RELIABLE)
    SensorSubscription(node, Image, 'image', heard.append, sent_once=True)
    deadline = time.monotonic() + 20
    while not heard:
        assert time.monotonic() < deadline
        sender.publish(Image())
        rclpy.spin_once(node, timeout_sec=0.05)


@pytest.mark.parametrize(
    ('has_info', 'dropped'), [pytest.param(True, 3, marks=NUMBERED), (False, None)]
)
def test_what_newer_messages_replaced_is_counted_where_messages_are_numbered(
    node, monkeypatch, has_info, dropped
):
    monkeypatch.setattr(sensor_subscription, '_HAS_INFO', has_info)
    got = []
    sender = publisher(node, RELIABLE)
    subscription = SensorSubscription(node, Image, 'image', got.append)
    wait_until_asked(node, RELIABLE)
    deadline = time.monotonic() + 20

    def send(*heights):
        count = len(got)
        for height in heights:
            sender.publish(Image(height=height))
        while len(got) == count:
            assert time.monotonic() < deadline
            rclpy.spin_once(node, timeout_sec=0.05)

    for heights in ((1,), (2,), (3, 4, 5, 6), (7,)):
        send(*heights)
        time.sleep(0.05)
    assert [msg.height for msg in got] == [1, 2, 6, 7]
    assert subscription.dropped == dropped


def test_the_executor_waits_for_no_events_of_what_a_planner_node_makes(rig):
    made = [*rig.node.subscriptions, *rig.node.publishers]
    of_ros = [one for one in made if one.topic_name in ('/parameter_events', '/rosout')]
    assert len(made) > len(of_ros) + 5
    assert [one.topic_name for one in made if one.event_handlers and one not in of_ros] == []
