"""Frames are looked up in tf2, which tests replace by a stand-in: wheels have none."""

from importlib.machinery import ModuleSpec
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from builtin_interfaces.msg import Time
from dexnet_core.io.messages.frames import cloud_frame, image_frame, R_X_FORWARD_OPTICAL
from dexnet_msgs.srv import PlanGrasps
from dexnet_ros.frames import TransformLookup
from geometry_msgs.msg import TransformStamped
import rclpy
from rclpy.parameter import Parameter


class Tf2(ModuleType):
    """What of tf2_ros is used: a buffer that knows one frame, and a listener."""

    def __init__(self):
        super().__init__('tf2_ros')
        self.__spec__ = ModuleSpec('tf2_ros', None)
        self.nodes = []
        self.TransformException = LookupError
        self.TransformListener = self._listen
        self.Buffer = lambda: SimpleNamespace(lookup_transform=self._look_up)

    def _listen(self, buffer, node):
        self.nodes.append(node)
        return object()

    def _look_up(self, target, source, stamp, timeout):
        if source != 'camera':
            raise LookupError(f'{source} does not exist')
        found = TransformStamped()
        found.transform.translation.x = float(stamp.sec)
        return found


@pytest.fixture
def tf2(monkeypatch):
    module = Tf2()
    monkeypatch.setitem(sys.modules, 'tf2_ros', module)
    return module


def test_the_listener_hears_where_the_planner_would(isolated_ros, tf2):
    words = ['--ros-args', '-r', '/tf:=/left/tf', '-r', '__node:=planner', '-r', '__ns:=/left']
    owner = rclpy.create_node('any', cli_args=words)
    lookup = TransformLookup(owner)
    assert not tf2.nodes
    try:
        lookup.start()
        lookup.start()
        (node,) = tf2.nodes
        assert (node.get_name(), node.get_namespace()) == ('planner_tf', '/left')
        assert node.resolve_topic_name('/tf') == '/left/tf'
        assert node.resolve_topic_name('/tf_static') == '/tf_static'
        T = lookup('base', 'camera', Time(sec=3))
        np.testing.assert_array_equal(T[:3, 3], [3, 0, 0])
        with pytest.raises(ValueError, match="from 'nowhere' to 'base': nowhere does not exist"):
            lookup('base', 'nowhere', Time())
    finally:
        lookup.close()
        owner.destroy_node()


def test_the_first_question_begins_to_listen(isolated_ros, tf2):
    owner = rclpy.create_node('planner')
    lookup = TransformLookup(owner)
    try:
        with pytest.raises(ValueError, match='has only now subscribed to /tf: try again'):
            lookup('base', 'nowhere', Time())
        with pytest.raises(ValueError, match=r'nowhere does not exist$'):
            lookup('base', 'nowhere', Time())
        assert len(tf2.nodes) == 1
    finally:
        lookup.close()
        owner.destroy_node()


@pytest.mark.parametrize(('gravity_frame', 'nodes'), [('', 0), ('world', 1)])
def test_a_planner_listens_to_transforms_only_if_it_needs_them(
    make_rig, tf2, gravity_frame, nodes
):
    rig = make_rig([Parameter('gravity_frame', value=gravity_frame)])
    image = {'depth': rig.image(), 'camera_info': rig.info()}
    rig.call(PlanGrasps.Request(**image))
    assert len(tf2.nodes) == nodes
    rig.call(PlanGrasps.Request(target_frame='tool0', **image))
    assert len(tf2.nodes) == 1


def test_without_tf2_it_says_so(isolated_ros, monkeypatch):
    monkeypatch.setitem(sys.modules, 'tf2_ros', None)
    owner = rclpy.create_node('owner')
    try:
        lookup = TransformLookup(owner)
        lookup.start()
        with pytest.raises(ValueError, match='needs tf2_ros'):
            lookup('base', 'camera', Time())
    finally:
        owner.destroy_node()


@pytest.mark.parametrize(
    ('frame', 'kind'),
    [
        ('camera_depth_optical_frame', 'optical'),
        ('left/optical', 'optical'),
        ('base_link', 'z_up'),
        ('robot/base_link', 'z_up'),
        ('world', 'z_up'),
        ('map', 'z_up'),
    ],
)
def test_the_name_of_a_frame_tells_how_a_cloud_is_turned(frame, kind):
    assert cloud_frame(frame, 'auto') == (kind, '')


@pytest.mark.parametrize('frame', ['', 'tool0', 'camera_link', 'my_base_link', 'optical/tool0'])
def test_a_name_that_does_not_tell_is_refused_unless_the_parameter_does(frame):
    with pytest.raises(ValueError, match='set cloud_frame to optical, x_forward'):
        cloud_frame(frame, 'auto')
    for kind in ('optical', 'x_forward', 'z_up'):
        assert cloud_frame(frame, kind).kind == kind


@pytest.mark.parametrize('frame', ['camera_depth_optical_frame', 'left/optical', ''])
def test_an_image_of_an_optical_frame_is_no_question(frame):
    assert image_frame(frame, 'auto') == ('optical', '')


@pytest.mark.parametrize('frame', ['camera', 'zivid', 'camera_link/sensor'])
def test_an_image_of_any_other_frame_is_taken_for_an_optical_one_and_said(frame):
    kind, doubt = image_frame(frame, 'auto')
    assert kind == 'optical'
    assert repr(frame) in doubt


@pytest.mark.parametrize('frame', ['camera_link', 'gazebo/camera_link', 'base_link', 'world'])
def test_an_image_of_a_link_is_refused_unless_the_parameter_tells(frame):
    with pytest.raises(ValueError, match=r'set image_frame to optical .* or x_forward'):
        image_frame(frame, 'auto')
    for kind in ('optical', 'x_forward'):
        assert image_frame(frame, kind) == (kind, '')


def test_an_optical_frame_looks_along_x_of_the_other_with_its_picture_upright():
    right, down, forward = R_X_FORWARD_OPTICAL.T
    assert forward.tolist() == [1, 0, 0]
    assert right.tolist() == [0, -1, 0]
    assert down.tolist() == [0, 0, -1]
