"""Camera info to cameras and back."""

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from dexnet_core.geometry.camera import CameraIntrinsics
from dexnet_core.io.messages import camera_messages
from dexnet_ros import camera_conversions
from sensor_msgs.msg import CameraInfo, RegionOfInterest
from std_msgs.msg import Header

HEADER = Header(frame_id='camera_optical_frame')
CAMERA = CameraIntrinsics(640, 480, 500.0, 510.0, 321.0, 239.0)


def test_cameras_come_back():
    msg = camera_conversions.camera_to_msg(CAMERA, HEADER)
    assert camera_messages.camera_from_msg(msg) == CAMERA
    assert msg.header == HEADER


def test_the_rectified_matrix_goes_before_the_raw_one():
    msg = camera_conversions.camera_to_msg(CAMERA, HEADER)
    msg.k = np.full(9, 7.0)
    assert camera_messages.camera_from_msg(msg) == CAMERA
    msg.k, msg.p = camera_conversions.camera_to_msg(CAMERA, HEADER).k, np.zeros(12)
    assert camera_messages.camera_from_msg(msg) == CAMERA


def test_binning_and_region_of_a_camera_are_applied():
    msg = camera_conversions.camera_to_msg(CAMERA, HEADER)
    msg.binning_x = msg.binning_y = 2
    msg.roi = RegionOfInterest(x_offset=100, y_offset=80, width=200, height=100)
    expected = CameraIntrinsics(100, 50, 250.0, 255.0, 110.5, 79.5)
    assert camera_messages.camera_from_msg(msg) == expected


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
    msg = camera_conversions.camera_to_msg(CAMERA, HEADER)
    for name, value in changes.items():
        setattr(msg, name, value)
    with pytest.raises(ValueError, match=said):
        camera_messages.camera_from_msg(msg)


def test_an_empty_camera_info_is_refused():
    with pytest.raises(ValueError, match='0x0'):
        camera_messages.camera_from_msg(CameraInfo())


def test_a_camera_of_another_size_is_rescaled_and_said():
    msg = camera_conversions.camera_to_msg(CAMERA, HEADER)
    camera, note = camera_messages.camera_of_image(msg, (240, 320))
    assert (camera.shape, camera.fx, camera.fy) == ((240, 320), 250.0, 255.0)
    assert 'camera is for 640x480, the image is 320x240' in note
    assert camera_messages.camera_of_image(msg, (480, 640)) == (CAMERA, '')
    with pytest.raises(ValueError, match='is the image cropped'):
        camera_messages.camera_of_image(msg, (200, 320))


def test_the_centre_of_a_window_may_be_anywhere():
    msg = camera_conversions.camera_to_msg(CAMERA, HEADER)
    msg.roi = RegionOfInterest(width=100, height=80)
    camera, note = camera_messages.camera_of_image(msg, (80, 100))
    assert (camera.cx, note) == (321.0, '')


def raw_info(**changes):
    msg = camera_conversions.camera_to_msg(CAMERA, HEADER)
    msg.k = [480.0, 0.0, 330.0, 0.0, 490.0, 250.0, 0.0, 0.0, 1.0]
    msg.d = [-0.1, 0.01, 0.0, 0.0, 0.0]
    for name, value in changes.items():
        setattr(msg, name, value)
    return msg


def test_a_lens_has_k_before_and_p_after():
    msg = raw_info(binning_x=2, binning_y=2)
    lens = camera_messages.lens_of_image(msg, (240, 320))
    assert (lens.raw.fx, lens.raw.cx, lens.rectified.fx) == (240.0, 165.0, 250.0)
    assert (lens.model, lens.coefficients) == ('plumb_bob', (-0.1, 0.01, 0.0, 0.0, 0.0))
    np.testing.assert_array_equal(np.reshape(lens.rotation, (3, 3)), np.eye(3))


def test_of_a_pinhole_there_is_nothing_to_undo():
    msg = camera_conversions.camera_to_msg(CAMERA, HEADER)
    assert camera_messages.lens_of_image(msg, (480, 640)) is None
    msg.d, msg.r, msg.p = [], np.zeros(9), np.zeros(12)
    assert camera_messages.lens_of_image(msg, (480, 640)) is None
    assert not camera_messages.has_distortion(msg)


def test_a_distortion_that_is_not_known_is_named():
    with pytest.raises(ValueError, match="distortion model is 'mei'"):
        camera_messages.lens_of_image(raw_info(distortion_model='mei'), (480, 640))
