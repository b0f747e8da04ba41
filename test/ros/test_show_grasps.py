"""The picture of the demo is drawn once all of one input has come, over real DDS."""

import time

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from dexnet_msgs.msg import Grasp, GraspArray, GraspHeatmap
from dexnet_ros.cloud_conversions import points_to_msg
from dexnet_ros.show_grasps import ShowGrasps
from geometry_msgs.msg import Point, Pose, Quaternion
from rclpy.executors import SingleThreadedExecutor
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
