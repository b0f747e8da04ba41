"""Where up is comes from tf2, an IMU or the pose of the camera, in this order."""

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from dexnet_core.geometry.transform import pose_matrix, quaternion_of
from dexnet_core.planning.grasp import PlanStatus
from dexnet_msgs.srv import PlanGrasps
from geometry_msgs.msg import Vector3
from rclpy.parameter import Parameter
from scipy.spatial.transform import Rotation
from sensor_msgs.msg import Imu

TILTED = Rotation.from_euler('x', 150, degrees=True).as_matrix()
"""How a camera that looks down and forward is turned in a level frame."""
UP = TILTED[2]
POSE = [0.0, 0.0, 1.0, *quaternion_of(TILTED).tolist()]
IMU_FROM_CAMERA = Rotation.from_euler('xyz', [0.3, -1.0, 2.0]).as_matrix()


def rig_with(make_rig, lookup=None, **parameters):
    given = [Parameter(name, value=value) for name, value in parameters.items()]
    rig = make_rig(given, lookup=lookup)
    rig.deliver(rig.infos, rig.info(), 'camera_info')
    return rig


def planned_up(rig):
    """The direction of the next plan, and where the answer says that it comes from."""
    answer = rig.answer_to(rig.image())
    assert answer.status == PlanStatus.OK, answer.message
    return rig.planner.calls[-1].observation.up, answer.approach


def test_unless_something_is_said_it_is_unknown(make_rig):
    assert planned_up(rig_with(make_rig)) == (None, 'optical axis')


def test_the_pose_of_a_camera_tells_it(make_rig):
    up, comes_from = planned_up(rig_with(make_rig, camera_pose=POSE))
    np.testing.assert_allclose(up, UP, atol=1e-9)
    assert comes_from == 'camera pose'


def test_tf_goes_before_the_pose_and_is_asked_at_the_stamp_of_the_image(make_rig):
    asked = []

    def lookup(target, source, stamp):
        asked.append((target, source, stamp))
        return pose_matrix([0, 0, 1], TILTED)

    rig = rig_with(
        make_rig, lookup, gravity_frame='world', camera_pose=[0.0] * 3 + [1.0] + [0.0] * 3
    )
    up, comes_from = planned_up(rig)
    np.testing.assert_allclose(up, UP)
    assert comes_from == 'tf'
    (target, source, stamp) = asked[-1]
    assert (target, source) == ('world', 'camera_optical_frame')
    assert stamp.sec == rig.grasps[-1].header.stamp.sec


def test_a_frame_that_tf_does_not_know_is_said_and_nothing_guessed(make_rig):
    def lookup(target, source, stamp):
        raise ValueError(f'no transform from {source!r} to {target!r}')

    rig = rig_with(make_rig, lookup, gravity_frame='world', camera_pose=POSE)
    answer = rig.answer_to(rig.image())
    assert answer.status == PlanStatus.BAD_INPUT
    assert answer.message == "no transform from 'camera_optical_frame' to 'world'"
    assert rig.planner.calls == []


@pytest.mark.parametrize('frame', ['', 'camera_optical_frame', 'imu'])
def test_an_imu_at_rest_is_pushed_upwards(make_rig, frame):
    def lookup(target, source, stamp):
        assert (target, source) == ('camera_optical_frame', 'imu')
        return pose_matrix([0, 0, 0], IMU_FROM_CAMERA.T)

    rig = rig_with(make_rig, lookup, use_imu=True)
    sender = rig.user.create_publisher(Imu, 'imu', 1)
    turn = IMU_FROM_CAMERA if frame == 'imu' else np.eye(3)
    x, y, z = (9.81 * turn @ UP).tolist()
    msg = Imu(linear_acceleration=Vector3(x=x, y=y, z=z))
    msg.header.frame_id = frame
    rig.repeat(lambda: sender.publish(msg), lambda: planned_up(rig)[0] is not None, 'IMU')
    up, comes_from = planned_up(rig)
    np.testing.assert_allclose(up, UP, atol=1e-6)
    assert comes_from == 'imu'


def test_a_request_knows_better(make_rig):
    rig = rig_with(make_rig, camera_pose=POSE)
    image = {'depth': rig.image(), 'camera_info': rig.info()}
    usual = rig.call(PlanGrasps.Request(**image))
    own = rig.call(PlanGrasps.Request(up=Vector3(z=-1.0), **image))
    assert [answer.grasps.approach for answer in (usual, own)] == ['camera pose', 'given']
    assert rig.planner.calls[-1].observation.up.tolist() == [0, 0, -1]
