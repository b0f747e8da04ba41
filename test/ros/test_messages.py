"""The messages: what they promise to those who subscribe."""

import time

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from dexnet_core.planning.grasp import PlanStatus
from dexnet_msgs.msg import Grasp, GraspArray, GraspHeatmap
from dexnet_msgs.srv import PlanGrasps
from geometry_msgs.msg import Point, Vector3
import rclpy
from rclpy.executors import SingleThreadedExecutor

PATIENCE = 20.0  # seconds; discovery takes well under one on an idle machine


def spin_until(executor, done):
    deadline = time.monotonic() + PATIENCE
    while not done() and time.monotonic() < deadline:
        executor.spin_once(timeout_sec=0.05)
    assert done(), f'nothing came within {PATIENCE} s'


@pytest.fixture
def two_nodes(isolated_ros):
    nodes = [rclpy.create_node('robot'), rclpy.create_node('planner')]
    executor = SingleThreadedExecutor()
    for node in nodes:
        executor.add_node(node)
    yield *nodes, executor
    executor.shutdown()
    for node in nodes:
        node.destroy_node()


def example_grasps():
    """Two suction grasps as a planner sends them; the numbers are exact in 32 bits."""
    array = GraspArray(status=GraspArray.OK, model='suction 1', planning_ms=12.5)
    array.header.frame_id = 'camera_depth_optical_frame'
    array.header.stamp.sec = 1_700_000_000
    array.header.stamp.nanosec = 123_456_789
    for score in (0.875, 0.25):
        grasp = Grasp(header=array.header, gripper_type=Grasp.SUCTION, score=score)
        grasp.pose.position = Point(x=0.1, y=-0.2, z=0.7)
        grasp.pose.orientation.x, grasp.pose.orientation.w = 0.6, 0.8
        grasp.cup_radius = 0.015625
        grasp.pixel = np.array([320.5, 100.25], np.float32)
        grasp.contact_points = [Point(x=0.1, y=-0.2, z=0.7)]
        grasp.contact_normals = [Vector3(x=0.0, y=0.96, z=-0.28)]
        array.grasps.append(grasp)
    return array


def test_grippers_have_their_numbers():
    numbers = (Grasp.UNKNOWN, Grasp.PARALLEL_JAW, Grasp.SUCTION)
    assert numbers == (0, 1, 2)
    assert Grasp().gripper_type == Grasp.UNKNOWN


@pytest.mark.parametrize('status', PlanStatus)
def test_status_is_the_planners(status):
    assert getattr(GraspArray, status.name) == status.value


def test_small_arrays_are_numpy_arrays():
    assert isinstance(Grasp().pixel, np.ndarray)
    assert Grasp().pixel.dtype == np.float32


def test_empty_request_asks_for_everything():
    request = PlanGrasps.Request()
    assert (request.depth.height, request.mask.height, request.num_grasps) == (0, 0, 0)
    assert (request.region.width, request.min_score, request.target_frame) == (0, 0.0, '')
    assert (request.approach, request.up.z, request.avoid) == ('', 0.0, [])
    assert PlanGrasps.Response().success is False


def test_grasps_arrive_as_they_were_sent(two_nodes):
    robot, planner, executor = two_nodes
    received = []
    robot.create_subscription(GraspArray, 'grasps', received.append, 1)
    publisher = planner.create_publisher(GraspArray, 'grasps', 1)
    spin_until(executor, lambda: publisher.get_subscription_count() == 1)

    sent = example_grasps()
    publisher.publish(sent)
    spin_until(executor, lambda: received)

    assert received == [sent]
    scores = [grasp.score for grasp in received[0].grasps]
    assert scores == sorted(scores, reverse=True)
    assert all(grasp.header == received[0].header for grasp in received[0].grasps)


def test_heat_map_keeps_its_unseen_pixels(two_nodes):
    robot, planner, executor = two_nodes
    received = []
    robot.create_subscription(GraspHeatmap, 'heatmap', received.append, 1)
    publisher = planner.create_publisher(GraspHeatmap, 'heatmap', 1)
    spin_until(executor, lambda: publisher.get_subscription_count() == 1)

    quality = np.array([[0.0, 0.5, 1.0], [np.nan, 0.25, np.nan]], np.float32)
    sent = GraspHeatmap(model='suction 1')
    sent.image.height, sent.image.width = quality.shape
    sent.image.encoding, sent.image.step = '32FC1', 4 * quality.shape[1]
    sent.image.data.frombytes(memoryview(quality).cast('B'))
    publisher.publish(sent)
    spin_until(executor, lambda: received)

    image = received[0].image
    arrived = np.frombuffer(image.data, np.float32).reshape(image.height, image.width)
    np.testing.assert_array_equal(arrived, quality)


def test_service_answers_with_grasps(two_nodes):
    robot, planner, executor = two_nodes

    def answer(request, response):
        response.grasps = example_grasps()
        response.success = request.num_grasps == 2
        return response

    planner.create_service(PlanGrasps, 'plan_grasps', answer)
    client = robot.create_client(PlanGrasps, 'plan_grasps')
    spin_until(executor, client.service_is_ready)
    future = client.call_async(PlanGrasps.Request(num_grasps=2, min_score=-1.0))
    spin_until(executor, future.done)

    assert future.result().success
    assert future.result().grasps == example_grasps()
