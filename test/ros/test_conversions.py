"""Messages to the core's types and back."""

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.geometry.transform import pose_matrix, rotation_of
from dexnet_core.grasp import Grasp, GraspPlan, Gripper, PlanStatus, StageTimes
from dexnet_core.grippers.jaw import JawGripper
from dexnet_msgs.msg import Grasp as GraspMsg
from dexnet_ros import conversions
from geometry_msgs.msg import Quaternion, Transform, Vector3
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sensor_msgs.msg import CameraInfo, Image, RegionOfInterest
from std_msgs.msg import Header

HEADER = Header(frame_id='camera_optical_frame')
SIZES = st.tuples(st.integers(1, 7), st.integers(1, 9))
DTYPES = {'32FC1': 'f4', '16UC1': 'u2', 'mono16': 'u2', '8UC1': 'u1', 'mono8': 'u1'}


def image(pixels, encoding, padding=0, big=False):
    """An image message written byte by byte, row by row, as a foreign driver would."""
    height, width = pixels.shape
    raw = pixels.astype(('>' if big else '<') + DTYPES[encoding])
    rows = [row.tobytes() + b'\xff' * padding for row in raw]
    msg = Image(height=height, width=width, encoding=encoding, is_bigendian=int(big))
    msg.step = width * raw.itemsize + padding
    msg.data.frombytes(b''.join(rows))
    return msg


@given(
    arrays(np.uint16, SIZES),
    st.sampled_from(['16UC1', 'mono16']),
    st.integers(0, 5),
    st.booleans(),
)
def test_millimetres_of_any_layout_become_metres(pixels, encoding, padding, big):
    depth = conversions.depth_from_msg(image(pixels, encoding, padding, big))
    assert depth.dtype == np.float32
    np.testing.assert_allclose(depth, pixels / 1000, rtol=1e-6)


@given(arrays(np.float32, SIZES), st.integers(0, 5), st.booleans())
def test_metres_of_any_layout_stay_and_what_is_unseen_becomes_zero(pixels, padding, big):
    depth = conversions.depth_from_msg(image(pixels, '32FC1', padding, big))
    seen = np.isfinite(pixels) & (pixels > 0)
    np.testing.assert_array_equal(depth, np.where(seen, pixels, 0))


@given(arrays(np.uint8, SIZES), st.sampled_from(['8UC1', 'mono8']), st.integers(0, 5))
def test_a_mask_is_where_pixels_are_not_zero(pixels, encoding, padding):
    mask = conversions.mask_from_msg(image(pixels, encoding, padding))
    assert mask.dtype == bool
    np.testing.assert_array_equal(mask, pixels > 0)


@given(arrays(bool, SIZES))
def test_masks_come_back(mask):
    msg = conversions.mask_to_msg(mask, HEADER)
    np.testing.assert_array_equal(conversions.mask_from_msg(msg), mask)


@pytest.mark.parametrize('encoding', ['32FC1', '16UC1', 'mono16'])
def test_depth_comes_back(encoding):
    depth = np.random.default_rng(0).uniform(0.3, 2.0, (6, 9)).astype(np.float32)
    depth[2, 3] = 0
    msg = conversions.depth_to_msg(depth, encoding, HEADER)
    half_a_millimetre = 0 if encoding == '32FC1' else 0.000501
    back = conversions.depth_from_msg(msg)
    np.testing.assert_allclose(back, depth, atol=half_a_millimetre, rtol=0)
    assert back[2, 3] == 0
    assert msg.header == HEADER


def test_depth_that_is_seen_everywhere_is_not_copied():
    msg = conversions.depth_to_msg(np.ones((4, 5), np.float32), '32FC1', HEADER)
    depth = conversions.depth_from_msg(msg)
    assert np.shares_memory(depth, np.frombuffer(msg.data, np.uint8))
    assert not depth.flags.writeable


def test_a_slice_of_a_larger_image_is_written_right():
    depth = np.arange(1, 49, dtype=np.float32).reshape(6, 8)[::2, 1:4]
    msg = conversions.depth_to_msg(depth, '32FC1', HEADER)
    np.testing.assert_array_equal(conversions.depth_from_msg(msg), depth)


@pytest.mark.parametrize(
    ('changes', 'said'),
    [
        ({'encoding': 'bgr8'}, "encoding 'bgr8', expected 32FC1 or 16UC1 or mono16"),
        ({'encoding': ''}, "encoding ''"),
        ({'height': 0}, '3x0, expected at least 1x1'),
        ({'width': 0}, '0x2, expected at least 1x1'),
        ({'width': 4}, 'step 12, expected at least 16 bytes'),
        ({'height': 3}, '24 bytes, expected step \\* height = 36'),
        ({'step': 2**31}, 'expected step \\* height'),
    ],
)
def test_broken_images_are_refused_with_what_was_expected(changes, said):
    msg = image(np.ones((2, 3)), '32FC1')
    for name, value in changes.items():
        setattr(msg, name, value)
    with pytest.raises(ValueError, match=said):
        conversions.depth_from_msg(msg)


def test_a_float_image_is_no_mask():
    with pytest.raises(ValueError, match="'32FC1', expected 8UC1 or mono8"):
        conversions.mask_from_msg(image(np.ones((2, 3)), '32FC1'))


def test_an_unknown_encoding_is_not_written():
    with pytest.raises(ValueError, match='expected one of'):
        conversions.depth_to_msg(np.ones((2, 3), np.float32), 'rgb8', HEADER)


CAMERA = CameraIntrinsics(640, 480, 500.0, 510.0, 321.0, 239.0)


def test_cameras_come_back():
    msg = conversions.camera_to_msg(CAMERA, HEADER)
    assert conversions.camera_from_msg(msg) == CAMERA
    assert msg.header == HEADER


def test_the_rectified_matrix_goes_before_the_raw_one():
    msg = conversions.camera_to_msg(CAMERA, HEADER)
    msg.k = np.full(9, 7.0)
    assert conversions.camera_from_msg(msg) == CAMERA
    msg.k, msg.p = conversions.camera_to_msg(CAMERA, HEADER).k, np.zeros(12)
    assert conversions.camera_from_msg(msg) == CAMERA


def test_binning_and_region_of_a_camera_are_applied():
    msg = conversions.camera_to_msg(CAMERA, HEADER)
    msg.binning_x = msg.binning_y = 2
    msg.roi = RegionOfInterest(x_offset=100, y_offset=80, width=200, height=100)
    expected = CameraIntrinsics(100, 50, 250.0, 255.0, 110.5, 79.5)
    assert conversions.camera_from_msg(msg) == expected


@pytest.mark.parametrize(
    ('changes', 'said'),
    [
        ({'k': np.zeros(9), 'p': np.zeros(12)}, 'fx is 0.0, expected > 0: is it calibrated'),
        ({'k': np.full(9, np.nan), 'p': np.zeros(12)}, 'fx is nan'),
        ({'width': 0}, 'camera image is 0x480'),
        ({'roi': RegionOfInterest(x_offset=600, width=100, height=10)}, 'within 640x480'),
    ],
)
def test_unusable_cameras_are_refused(changes, said):
    msg = conversions.camera_to_msg(CAMERA, HEADER)
    for name, value in changes.items():
        setattr(msg, name, value)
    with pytest.raises(ValueError, match=said):
        conversions.camera_from_msg(msg)


def test_an_empty_camera_info_is_refused():
    with pytest.raises(ValueError, match='0x0'):
        conversions.camera_from_msg(CameraInfo())


def random_grasp(rng, gripper):
    contacts = 1 if gripper is Gripper.SUCTION else 2
    return Grasp(
        gripper=gripper,
        T_camera_grasp=pose_matrix(rng.normal(size=3), rotation_of(rng.normal(size=4))),
        score=float(np.float32(rng.uniform())),
        pixel=(float(rng.integers(640)), float(rng.integers(480))),
        contacts=rng.normal(size=(contacts, 3)),
        normals=rng.normal(size=(contacts, 3)),
        width=0.0 if gripper is Gripper.SUCTION else 0.0625,
        depth=0.0 if gripper is Gripper.SUCTION else 0.03125,
        cup_radius=0.015625 if gripper is Gripper.SUCTION else 0.0,
        object_id=int(rng.integers(2**32)),
    )


def assert_same_grasp(got, expected):
    for name in ('T_camera_grasp', 'contacts', 'normals', 'pixel'):
        np.testing.assert_allclose(getattr(got, name), getattr(expected, name), atol=1e-12)
    for name in ('gripper', 'score', 'width', 'depth', 'cup_radius', 'object_id'):
        assert getattr(got, name) == getattr(expected, name)


@pytest.mark.parametrize('seed', range(5))
@pytest.mark.parametrize('gripper', Gripper)
def test_grasps_come_back(seed, gripper):
    grasp = random_grasp(np.random.default_rng(seed), gripper)
    msg = conversions.grasp_to_msg(grasp, HEADER)
    assert msg.header == HEADER
    assert_same_grasp(conversions.grasp_from_msg(msg), grasp)


def test_plus_z_of_a_pose_points_into_the_object():
    grasp = random_grasp(np.random.default_rng(9), Gripper.SUCTION)
    pose = conversions.grasp_to_msg(grasp, HEADER).pose.orientation
    rotation = rotation_of([pose.x, pose.y, pose.z, pose.w])
    np.testing.assert_allclose(rotation @ [0, 0, 1], grasp.approach, atol=1e-12)


def test_an_unknown_gripper_is_refused():
    msg = conversions.grasp_to_msg(random_grasp(np.random.default_rng(0), Gripper.SUCTION), HEADER)
    msg.gripper_type = GraspMsg.UNKNOWN
    with pytest.raises(ValueError, match='gripper_type is 0'):
        conversions.grasp_from_msg(msg)


def test_plans_come_back():
    rng = np.random.default_rng(3)
    heatmap = rng.uniform(size=(4, 6)).astype(np.float32)
    heatmap[1, 2] = np.nan
    grasps = tuple(random_grasp(rng, Gripper.SUCTION) for _ in range(3))
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
