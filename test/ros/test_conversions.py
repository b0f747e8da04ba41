"""Messages to the core's types and back."""

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from dexnet_core.geometry.transform import pose_matrix, rotation_of
from dexnet_core.planning.grasp import Grasp, GraspPlan, GripperKind, PlanStatus, StageTimes
from dexnet_core.planning.grippers.jaw import JawGripper
from dexnet_msgs.msg import Grasp as GraspMsg
from dexnet_ros import conversions
from geometry_msgs.msg import Quaternion, Transform, Vector3
from std_msgs.msg import Header

HEADER = Header(frame_id='camera_optical_frame')


def random_grasp(rng, gripper):
    contacts = 1 if gripper is GripperKind.SUCTION else 2
    return Grasp(
        gripper=gripper,
        T_camera_grasp=pose_matrix(rng.normal(size=3), rotation_of(rng.normal(size=4))),
        score=float(np.float32(rng.uniform())),
        pixel=(float(rng.integers(640)), float(rng.integers(480))),
        contacts=rng.normal(size=(contacts, 3)),
        normals=rng.normal(size=(contacts, 3)),
        width=0.0 if gripper is GripperKind.SUCTION else 0.0625,
        depth=0.0 if gripper is GripperKind.SUCTION else 0.03125,
        cup_radius=0.015625 if gripper is GripperKind.SUCTION else 0.0,
        object_id=int(rng.integers(2**32)),
    )


def assert_same_grasp(got, expected):
    for name in ('T_camera_grasp', 'contacts', 'normals', 'pixel'):
        np.testing.assert_allclose(getattr(got, name), getattr(expected, name), atol=1e-12)
    for name in ('gripper', 'score', 'width', 'depth', 'cup_radius', 'object_id'):
        assert getattr(got, name) == getattr(expected, name)


@pytest.mark.parametrize('seed', range(5))
@pytest.mark.parametrize('gripper', GripperKind)
def test_grasps_come_back(seed, gripper):
    grasp = random_grasp(np.random.default_rng(seed), gripper)
    msg = conversions.grasp_to_msg(grasp, HEADER)
    assert msg.header == HEADER
    assert_same_grasp(conversions.grasp_from_msg(msg), grasp)


def test_plus_z_of_a_pose_points_into_the_object():
    grasp = random_grasp(np.random.default_rng(9), GripperKind.SUCTION)
    pose = conversions.grasp_to_msg(grasp, HEADER).pose.orientation
    rotation = rotation_of([pose.x, pose.y, pose.z, pose.w])
    np.testing.assert_allclose(rotation @ [0, 0, 1], grasp.approach, atol=1e-12)


def test_an_unknown_gripper_is_refused():
    msg = conversions.grasp_to_msg(
        random_grasp(np.random.default_rng(0), GripperKind.SUCTION), HEADER
    )
    msg.gripper_type = GraspMsg.UNKNOWN
    with pytest.raises(ValueError, match='gripper_type is 0'):
        conversions.grasp_from_msg(msg)


def test_plans_come_back():
    rng = np.random.default_rng(3)
    heatmap = rng.uniform(size=(4, 6)).astype(np.float32)
    heatmap[1, 2] = np.nan
    grasps = tuple(random_grasp(rng, GripperKind.SUCTION) for _ in range(3))
    told = StageTimes(segment=1.0, network=9.0), {'no room': 3, 'steep': 0}, 'imu'
    plan = GraspPlan(grasps, PlanStatus.OK, '', heatmap, 'model 1', *told)

    msg, image_msg = (
        conversions.plan_to_msg(plan, HEADER),
        conversions.heatmap_to_msg(plan, HEADER),
    )
    back = conversions.plan_from_msg(msg, conversions.heatmap_from_msg(image_msg))

    for got, expected in zip(back.grasps, grasps, strict=True):
        assert_same_grasp(got, expected)
    np.testing.assert_array_equal(back.heatmap, heatmap)
    assert (back.status, back.model, back.times.total_ms) == (PlanStatus.OK, 'model 1', 10)
    assert (back.times, dict(back.refused), back.approach) == (told[0], {'no room': 3}, 'imu')
    assert msg.planning_ms == 10
    assert (msg.header, image_msg.header, image_msg.image.header) == (HEADER,) * 3


@pytest.mark.parametrize('jaw', [None, JawGripper(max_opening=0.08, name='hand')])
def test_the_jaw_of_a_plan_comes_back(jaw):
    plan = GraspPlan((), PlanStatus.NO_ROOM, '', np.empty((0, 0), np.float32), 'model', jaw=jaw)
    back = conversions.plan_from_msg(conversions.plan_to_msg(plan, HEADER), plan.heatmap).jaw
    assert back == jaw
    assert jaw is None or back.name == 'hand'


def test_a_transform_maps_the_child_into_the_parent():
    msg = Transform(
        translation=Vector3(x=1.0, y=2.0, z=3.0),
        rotation=Quaternion(x=0.0, y=0.0, z=np.sqrt(0.5), w=np.sqrt(0.5)),
    )
    mapped = conversions.transform_from_msg(msg) @ [1, 0, 0, 1]
    np.testing.assert_allclose(mapped, [1, 3, 3, 1])
