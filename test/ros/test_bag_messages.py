"""Recordings and ROS itself: the same types, the same messages, the same arrays."""

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')
pytest.importorskip('rosbags', reason='rosbags is not here: pip install -r requirements/bags.txt')

from ament_index_python.packages import get_package_share_directory
from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.geometry.transform import frames_along, pose_matrix
from dexnet_core.io.bags.bag_reader import Record
from dexnet_core.io.bags.bag_writer import grasp_types, plan_bag
from dexnet_core.io.bags.replaying import Frame, Replayed
from dexnet_core.io.messages.camera_messages import camera_from_msg
from dexnet_core.io.messages.cloud_messages import points_from_msg
from dexnet_core.io.messages.grasp_messages import GRIPPER_TYPES
from dexnet_core.io.messages.image_messages import depth_from_msg
from dexnet_core.planning.grasp import Grasp, GraspPlan, GripperKind, PlanStatus, StageTimes
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_msgs.msg import Grasp as GraspMsg
from dexnet_msgs.msg import GraspArray
from dexnet_ros.camera_conversions import camera_to_msg
from dexnet_ros.cloud_conversions import points_to_msg
from dexnet_ros.conversions import plan_to_msg
from dexnet_ros.image_conversions import depth_to_msg
from rclpy.serialization import deserialize_message, serialize_message
from rosbags.rosbag2 import Reader
from std_msgs.msg import Header

CAMERA = CameraIntrinsics(8, 6, 10.0, 11.0, 3.5, 2.5)
HEADER = Header(frame_id='camera_optical_frame')
HEADER.stamp.sec, HEADER.stamp.nanosec = 1_700_000_000, 250_000_000


def plan(gripper, jaw):
    rng = np.random.default_rng(0)
    pose = pose_matrix(rng.uniform(-1, 1, 3), frames_along(np.array([0.6, 0.0, 0.8])))
    contacts = rng.uniform(-1, 1, (1 if jaw is None else 2, 3))
    grasp = Grasp(
        gripper, pose, 0.75, (3.5, 2.25), contacts, contacts, 0.0625, 0.015625, 0.0078125, 7
    )
    times = StageTimes(segment=1.5, network=2.25)
    return GraspPlan(
        (grasp, grasp),
        PlanStatus.OK,
        'all well',
        np.empty((0, 0), np.float32),
        'model 1',
        times,
        {'no room': 3, 'low score': 0},
        'given',
        jaw,
    )


NOTHING = GraspPlan((), PlanStatus.NO_DEPTH, 'dark', np.empty((0, 0), np.float32), '')


@pytest.mark.parametrize('storage', ['sqlite3', 'mcap'])
@pytest.mark.parametrize(
    'answer',
    [
        plan(GripperKind.SUCTION, None),
        plan(GripperKind.PARALLEL_JAW, JawGripper(name='hand', max_opening=0.08)),
        NOTHING,
    ],
)
def test_ros_reads_the_plan_that_a_node_would_have_sent(tmp_path, storage, answer):
    record = Record('/depth', 1_700_000_001_000_000_000, '', b'')
    replayed = Replayed(Frame(0, record, None), HEADER, None, answer)
    with plan_bag(tmp_path / 'bag', storage) as writer:
        writer.write(replayed)
    with Reader(tmp_path / 'bag') as reader:
        ((topic, time_ns, data),) = reader.messages()
    assert (topic.topic, time_ns) == ('/grasps', record.time_ns)
    assert deserialize_message(bytes(data), GraspArray) == plan_to_msg(answer, HEADER)


def test_types_have_the_hashes_of_ros():
    folder = Path(get_package_share_directory('dexnet_msgs')) / 'msg'
    descriptions = list(folder.glob('*.json'))
    if not descriptions:
        pytest.skip('this ROS has no hashes of types')
    store = grasp_types()
    for file in descriptions:
        hashes = json.loads(file.read_text())['type_hashes']
        name = f'dexnet_msgs/msg/{file.stem}'
        (expected,) = (one['hash_string'] for one in hashes if one['type_name'] == name)
        assert store.hash_rihs01(name) == expected


def test_grippers_have_the_constants_of_the_message():
    assert GRIPPER_TYPES == {
        GripperKind.SUCTION: GraspMsg.SUCTION,
        GripperKind.PARALLEL_JAW: GraspMsg.PARALLEL_JAW,
    }


def test_messages_of_rclpy_and_of_recordings_are_the_same_arrays():
    store = grasp_types()

    def recorded(msg, name):
        return store.deserialize_cdr(serialize_message(msg), f'sensor_msgs/msg/{name}')

    depth = np.random.default_rng(0).uniform(0.3, 2.0, (6, 8)).astype(np.float32)
    for encoding in ('32FC1', '16UC1'):
        msg = depth_to_msg(depth, encoding, HEADER)
        np.testing.assert_array_equal(depth_from_msg(recorded(msg, 'Image')), depth_from_msg(msg))
    info = camera_to_msg(CAMERA, HEADER)
    assert camera_from_msg(recorded(info, 'CameraInfo')) == camera_from_msg(info)
    cloud = points_to_msg(depth.reshape(-1, 3), HEADER)
    points = points_from_msg(cloud)
    np.testing.assert_array_equal(points_from_msg(recorded(cloud, 'PointCloud2')), points)
