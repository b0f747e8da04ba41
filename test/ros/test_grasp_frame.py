"""The best grasp as a frame of tf2, over real DDS where its messages are installed."""

import sys

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from dexnet_core.geometry.transform import pose_along
from dexnet_core.planning.grasp import Grasp, GripperKind, PlanStatus
from dexnet_ros.conversions import grasp_to_msg, transform_from_msg, transform_of_grasp
from rclpy.parameter import Parameter
from std_msgs.msg import Header


@pytest.fixture
def tf2_msgs():
    return pytest.importorskip('tf2_msgs.msg', reason='tf2_msgs is not installed')


@pytest.fixture
def tf_rig(make_rig, tf2_msgs):
    rig = make_rig([Parameter('grasp_frame', value='best_grasp')])
    rig.deliver(rig.infos, rig.info(), 'camera_info')
    return rig


def listen(rig, tf2_msgs):
    """The transforms that come on /tf from now on."""
    heard = []
    rig.user.create_subscription(
        tf2_msgs.TFMessage, '/tf', lambda msg: heard.extend(msg.transforms), 100
    )
    publisher = rig.node._outputs._publishers['/tf']
    rig.wait(publisher.get_subscription_count, 'listener to /tf')
    return heard


def test_a_transform_has_the_pose_and_the_stamp_of_the_grasp():
    T = pose_along(np.array([0.1, -0.2, 0.7]), np.array([0.3, -0.5, 0.8]))
    grasp = Grasp(
        gripper=GripperKind.SUCTION,
        T_camera_grasp=T,
        score=0.5,
        pixel=(1.0, 2.0),
        contacts=T[None, :3, 3],
        normals=-T[None, :3, 2],
    )
    header = Header(frame_id='base_link')
    header.stamp.sec = 7
    found = transform_of_grasp(grasp_to_msg(grasp, header), 'best_grasp')
    assert (found.header, found.child_frame_id) == (header, 'best_grasp')
    np.testing.assert_allclose(transform_from_msg(found.transform), T, atol=1e-12)


def test_the_best_grasp_of_each_image_is_a_frame(tf_rig, tf2_msgs):
    heard = listen(tf_rig, tf2_msgs)
    image = tf_rig.image()
    best = tf_rig.answer_to(image).grasps[0]
    (found, *_) = tf_rig.wait(
        lambda: [t for t in heard if t.header.stamp == image.header.stamp], 'a transform'
    )
    assert found == transform_of_grasp(best, 'best_grasp')
    assert found.header.frame_id == 'camera_optical_frame'


def test_a_listener_to_tf_is_enough_to_plan(tf_rig, tf2_msgs):
    tf_rig.stop_listening()
    heard = listen(tf_rig, tf2_msgs)
    image = tf_rig.image()
    tf_rig.repeat(lambda: tf_rig.images.publish(image), lambda: heard, 'a transform')


def test_without_a_grasp_no_frame_is_sent(tf_rig, tf2_msgs):
    heard = listen(tf_rig, tf2_msgs)
    tf_rig.node.set_parameters([Parameter('min_score', value=0.9)])
    assert tf_rig.answer_to(tf_rig.image()).status == PlanStatus.NO_CANDIDATE
    tf_rig.node.set_parameters([Parameter('min_score', value=0.2)])
    good = tf_rig.image()
    tf_rig.answer_to(good)
    tf_rig.wait(lambda: heard, 'a transform')
    assert {t.header.stamp.sec for t in heard} == {good.header.stamp.sec}


def test_nothing_is_sent_on_tf_unless_it_is_asked_for(rig):
    assert '/tf' not in rig.node._outputs._publishers


@pytest.mark.parametrize('frame', ['/grasp', 'base_link'])
def test_names_that_tf2_cannot_use_are_refused(make_rig, frame):
    given = [Parameter('grasp_frame', value=frame), Parameter('target_frame', value='base_link')]
    with pytest.raises(ValueError, match=f"grasp_frame is '{frame}', expected a name without"):
        make_rig(given)


def test_where_tf2_has_no_messages_the_remedy_is_said(make_rig, monkeypatch):
    monkeypatch.setitem(sys.modules, 'tf2_msgs', None)
    with pytest.raises(ValueError, match='needs tf2_msgs, which is not installed: sudo apt'):
        make_rig([Parameter('grasp_frame', value='best_grasp')])
