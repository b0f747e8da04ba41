"""A node to which nothing comes says what it waits for, seldom, and is silent otherwise."""

import time

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from dexnet_msgs.srv import PlanGrasps
from dexnet_ros import input_watch
from dexnet_ros.sensor_subscription import SensorSubscription
import rclpy
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, CompressedImage, Image


@pytest.fixture
def hear(capfd, monkeypatch):
    """Return a function that waits for a warning of a rig's node and returns it."""
    monkeypatch.setattr(input_watch, '_PATIENCE_S', 0.6)
    monkeypatch.setattr(input_watch, '_PERIOD_S', 0.2)
    said = []

    def wait_for(rig, text, send=lambda: None):
        def lines():
            said.append(capfd.readouterr().err)
            return [line for line in ''.join(said).splitlines() if text in line]

        return rig.repeat(send, lines, text)[-1]

    return wait_for


def without_publishers(rig):
    for publisher in (rig.clouds, rig.images, rig.infos):
        rig.user.destroy_publisher(publisher)


def test_topics_without_a_publisher_are_named_and_where_images_are(make_rig, hear):
    rig = make_rig()
    without_publishers(rig)
    rig.user.create_publisher(Image, 'cam/depth', 1)
    rig.user.create_publisher(Image, 'mask', 1)
    line = hear(rig, 'has no publisher (sensor_msgs/msg/Image is published on /cam/depth')
    assert '/annotated' not in line  # the node's own
    assert '/mask' not in line  # which the node takes, for something else
    assert 'waiting for a depth image or a cloud since' in line
    for topic in ('/depth/image_rect', '/points', '/depth/camera_info'):
        assert f'{topic} has no publisher' in line


def test_a_publisher_of_another_type_is_named(make_rig, hear):
    rig = make_rig()
    without_publishers(rig)
    context = rclpy.Context()  # one process refuses a topic of two types
    rclpy.init(context=context)
    try:
        camera = rclpy.create_node('camera', context=context)
        camera.create_publisher(CompressedImage, 'depth/image_rect', 1)
        hear(
            rig,
            '/depth/image_rect is of type sensor_msgs/msg/CompressedImage, '
            'expected sensor_msgs/msg/Image',
        )
    finally:
        rclpy.shutdown(context=context)


def test_a_publisher_that_sends_nothing_is_named(make_rig, hear):
    hear(make_rig(), '/depth/image_rect has a publisher (user), but no message arrives')


def test_images_without_camera_info_are_said_and_planned_once_it_comes(make_rig, hear):
    rig = make_rig()
    rig.user.destroy_publisher(rig.infos)
    line = hear(rig, 'waiting for camera info', lambda: rig.images.publish(rig.image()))
    assert '/depth/camera_info has no publisher' in line
    assert 'image_rect' not in line
    assert rig.planner.calls == []
    rig.infos = rig.user.create_publisher(CameraInfo, 'depth/camera_info', 1)
    rig.deliver(rig.infos, rig.info(), 'camera_info')
    assert rig.answer_to(rig.image()).grasps
    line = hear(rig, 'receiving', lambda: rig.images.publish(rig.image()))
    assert line.endswith('receiving /depth/image_rect')


def test_a_stream_that_ends_is_said_and_again_when_it_ends_again(rig, hear, capfd):
    for _ in range(2):
        rig.answer_to(rig.image())
        rig.answer_to(rig.image())
        hear(rig, 'no image for 1 s: /depth/image_rect has a publisher (user)')


def test_requests_with_images_wait_for_no_stream_and_one_image_is_none(make_rig, hear, capfd):
    rig = make_rig()
    rig.call(PlanGrasps.Request(depth=rig.image(), camera_info=rig.info()))
    time.sleep(1.2)
    rig.clouds.publish(rig.cloud(np.ones((3, 3), np.float32)))
    time.sleep(1.2)
    said = capfd.readouterr().err
    for word in ('waiting for', 'no image for', 'receiving'):
        assert word not in said


def test_incompatible_offers_are_named(isolated_ros):
    node = rclpy.create_node('robot')
    try:
        topic = SensorSubscription(node, Image, 'image', print)
        topic._subscribe(QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE))
        offered = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
        node.create_publisher(Image, 'image', offered)
        deadline = time.monotonic() + 20
        while 'has a publisher of incompatible QoS: ' not in (why := topic.why_silent()):
            assert time.monotonic() < deadline, why
            time.sleep(0.02)
        assert 'eliable' in why
    finally:
        node.destroy_node()
