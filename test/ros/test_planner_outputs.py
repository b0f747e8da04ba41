"""Poses and annotated images that a planner node publishes, over real DDS."""

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from dexnet_core.io.messages.image_messages import heatmap_pixels
from dexnet_core.planning.grasp import PlanStatus
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_core.planning.planners.planner_registry import PlannerKind
from dexnet_core.planning.planners.settings import SuctionSettings
from dexnet_ros.pictures import picture_to_msg
from geometry_msgs.msg import PoseArray
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image
from std_msgs.msg import Header


def listen(rig, kind, topic):
    """The messages of a topic from now on."""
    heard = []
    publisher = rig.node._outputs._publishers[topic]
    rig.user.create_subscription(kind, topic, heard.append, 10)
    rig.wait(publisher.get_subscription_count, f'listener to {topic}')
    return heard


def of(heard, header):
    """Return a function that tells the messages with the stamp of a header."""
    return lambda: [msg for msg in heard if msg.header.stamp == header.stamp]


def test_a_picture_is_written_row_by_row():
    picture = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    msg = picture_to_msg(picture, Header(frame_id='camera'))
    assert (msg.height, msg.width, msg.step, msg.encoding) == (2, 3, 9, 'bgr8')
    assert msg.header.frame_id == 'camera'
    assert bytes(msg.data) == picture.tobytes()


def test_poses_are_those_of_the_grasps_best_first(rig):
    heard = listen(rig, PoseArray, 'poses')
    image = rig.image()
    grasps = rig.answer_to(image)
    poses = rig.wait(of(heard, image.header), 'poses')[-1]
    assert poses.header == grasps.header
    assert poses.poses == [grasp.pose for grasp in grasps.grasps]


def test_poses_are_empty_where_there_is_no_grasp(rig):
    rig.node.set_parameters([Parameter('min_score', value=0.9)])
    heard = listen(rig, PoseArray, 'poses')
    image = rig.image()
    rig.answer_to(image)
    assert rig.wait(of(heard, image.header), 'poses')[-1].poses == []


def test_the_annotated_image_shows_what_was_seen(rig):
    heard = listen(rig, Image, 'annotated')
    image = rig.image()
    rig.answer_to(image)
    picture = rig.wait(of(heard, image.header), 'annotated image')[-1]
    assert picture.header == image.header
    assert (picture.encoding, picture.width, picture.step) == ('bgr8', 1280, 3840)
    pixels = np.frombuffer(picture.data, np.uint8).reshape(picture.height, picture.width, 3)
    assert pixels[:960].std() > 5


def test_the_heat_map_is_an_image_too_and_a_listener_to_it_is_enough_to_plan(rig):
    rig.stop_listening()
    heard = listen(rig, Image, 'heatmap_image')
    image = rig.image()
    rig.repeat(lambda: rig.images.publish(image), of(heard, image.header), 'heat map')
    found = of(heard, image.header)()[0]
    assert (found.header, found.encoding) == (image.header, '32FC1')
    np.testing.assert_array_equal(heatmap_pixels(found), np.full((6, 8), 0.5, np.float32))


def test_a_planner_of_clouds_has_no_heat_maps(make_rig):
    rig = make_rig()
    kind = PlannerKind(rig._load, SuctionSettings, JawGripper, has_heatmap=False)
    names = make_rig(kind=kind).node._outputs._publishers
    assert names.keys() == {'grasps', 'poses', 'markers', 'annotated'}


@pytest.mark.parametrize(('frame', 'is_drawn'), [('camera_optical_frame', True), ('world', False)])
def test_clouds_are_drawn_where_it_is_known_from_where_they_were_seen(rig, frame, is_drawn):
    heard = listen(rig, Image, 'annotated')
    cloud = rig.cloud(np.random.default_rng(0).uniform(0.4, 0.6, (500, 3)), frame)
    assert rig.answer_to(cloud).status == PlanStatus.OK
    if is_drawn:
        rig.wait(of(heard, cloud.header), 'annotated image')
    else:
        rig.answer_to(rig.cloud(np.ones((5, 3)), frame))
        assert heard == []


@pytest.mark.parametrize('metres', [0.0, 0.001, 60.0])
@pytest.mark.parametrize('shape', [(6, 6), (6, 700), (700, 6)])
def test_odd_images_are_drawn(make_rig, shape, metres):
    rig = make_rig()
    rig.deliver(rig.infos, rig.info(shape), 'camera_info')
    heard = listen(rig, Image, 'annotated')
    image = rig.image(shape, metres)
    assert rig.answer_to(image).status == PlanStatus.OK
    rig.wait(of(heard, image.header), 'annotated image')


def test_what_cannot_be_used_is_not_drawn(rig):
    pictures, poses = listen(rig, Image, 'annotated'), listen(rig, PoseArray, 'poses')
    image = rig.image((12, 12))
    assert rig.answer_to(image).status == PlanStatus.BAD_INPUT
    rig.wait(of(poses, image.header), 'poses')
    assert pictures == []
