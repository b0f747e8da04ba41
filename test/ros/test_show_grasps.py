"""The picture of the demo is drawn once all of one input has come, over real DDS."""

import time

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.geometry.transform import pose_matrix
from dexnet_core.io.messages.camera_messages import lens_of_image
from dexnet_core.io.messages.frames import R_X_FORWARD_OPTICAL
from dexnet_core.planning.perception.rectification import rectified_depth
from dexnet_msgs.msg import Grasp, GraspArray, GraspHeatmap
from dexnet_ros.camera_conversions import camera_to_msg
from dexnet_ros.cloud_conversions import points_to_msg
from dexnet_ros.conversions import grasp_from_msg, grasp_to_msg
from dexnet_ros.image_conversions import image_to_msg
from dexnet_ros.show_grasps import ShowGrasps
from geometry_msgs.msg import Point, Pose, Quaternion
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from sensor_msgs.msg import PointCloud2
from std_msgs.msg import Header


@pytest.fixture
def shown(isolated_ros):
    node, executor = ShowGrasps(1), SingleThreadedExecutor()
    executor.add_node(node)
    yield node, executor
    executor.shutdown()
    node.destroy_node()


def header(second):
    made = Header(frame_id='camera_optical_frame')
    made.stamp.sec = second
    return made


def send(node, executor, second):
    """Publish grasps on a tilted plane and the cloud itself, until both have come."""
    points = np.random.default_rng(0).uniform([-0.2, -0.2, 0.5], [0.2, 0.2, 0.6], (5000, 3))
    points[0] = np.nan
    pose = Pose(position=Point(z=0.5), orientation=Quaternion(y=0.5, w=0.75**0.5))
    grasp = Grasp(gripper_type=Grasp.PARALLEL_JAW, pose=pose, width=0.05, score=0.5)
    grasps = GraspArray(header=header(second), grasps=[grasp])
    cloud = points_to_msg(points, header(second))
    senders = node.create_publisher(GraspArray, 'grasps', 1), grasps
    clouds = node.create_publisher(PointCloud2, 'points', 1), cloud
    deadline, heard = time.monotonic() + 20, len(node.ages_ms)
    while len(node.ages_ms) < heard + 3:
        assert time.monotonic() < deadline
        for publisher, msg in (clouds, senders):
            publisher.publish(msg)
        for _ in range(4):
            executor.spin_once(timeout_sec=0.02)


def test_a_cloud_is_drawn_with_its_grasps(shown):
    node, executor = shown
    assert node.picture() is None
    send(node, executor, 1)
    picture = node.picture()
    assert picture.shape[1:] == (1280, 3)
    assert picture.shape[0] > 960  # the legend is below
    assert (picture[:960] == 255).all(axis=2).sum() > 500  # the best gripper is white


def test_where_a_heat_map_is_to_come_it_is_waited_for(shown):
    node, executor = shown
    node.create_publisher(GraspHeatmap, 'heatmap', 1)
    send(node, executor, 2)
    assert node.picture() is None


UNITS = np.full((60, 80), 100, np.uint8)
UNITS[20:40, 30:50] = 80
UNITS[5:10, 5:70] = 80
METRES = UNITS * np.float32(0.005)


@pytest.fixture
def picture_of(isolated_ros):
    """Return a function that returns the picture of an image with one grasp, twice if it can."""

    def draw(pixels, encoding, frame='camera_optical_frame', turn=None, d=(), **parameters):
        given = [Parameter(name, value=value) for name, value in parameters.items()]
        node = ShowGrasps(1, parameter_overrides=given)
        stamp = header(1)
        stamp.frame_id = frame
        info = camera_to_msg(CameraIntrinsics(80, 60, 100.0, 100.0, 39.5, 29.5), stamp)
        info.d = list(d)
        pose = Pose(position=Point(x=0.02, z=0.4), orientation=Quaternion(w=1.0))
        grasp = Grasp(gripper_type=Grasp.PARALLEL_JAW, pose=pose, width=0.05, score=0.5)
        if turn is not None:
            moved = grasp_from_msg(grasp).moved(pose_matrix(np.zeros(3), turn))
            grasp = grasp_to_msg(moved, stamp)
        messages = GraspArray(header=stamp, grasps=[grasp]), image_to_msg(pixels, encoding, stamp)
        for msg in (*messages, info):
            node._by_stamp[type(msg)][1, 0] = msg
        node.picture()
        picture = node.picture()
        node.destroy_node()
        return picture

    return draw


def test_the_units_of_depth_are_those_of_the_parameter(picture_of, capfd):
    expected = picture_of(METRES, '32FC1')
    np.testing.assert_array_equal(picture_of(UNITS, 'mono8', depth_scale=0.005), expected)
    assert picture_of(UNITS, 'mono8') is None
    said = [line for line in capfd.readouterr().err.splitlines() if 'no picture' in line]
    assert len(said) == 1
    assert "encoding 'mono8'" in said[0]
    assert 'set depth_scale to the metres per unit' in said[0]


def test_grasps_of_a_frame_with_x_forward_are_drawn_where_they_are(picture_of, capfd):
    expected = picture_of(METRES, '32FC1')
    options = {'frame': 'camera_link', 'turn': R_X_FORWARD_OPTICAL}
    turned = picture_of(METRES, '32FC1', image_frame='x_forward', **options)
    np.testing.assert_array_equal(turned, expected)
    assert picture_of(METRES, '32FC1', **options) is None
    assert 'set image_frame to optical' in capfd.readouterr().err


def test_a_lens_is_undone_in_the_picture_too(picture_of):
    d = (-0.4, 0.0, 0.0, 0.0, 0.0)
    info = camera_to_msg(CameraIntrinsics(80, 60, 100.0, 100.0, 39.5, 29.5), header(1))
    info.d = list(d)
    expected = picture_of(rectified_depth(METRES, lens_of_image(info, (60, 80))), '32FC1')
    got = picture_of(METRES, '32FC1', d=d, rectify=True)
    np.testing.assert_array_equal(got, expected)
    assert (picture_of(METRES, '32FC1', d=d) != expected).any()
