"""Image messages to arrays and back."""

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from dexnet_core.io.messages.image_messages import depth_from_msg, selection_from_msg
from dexnet_ros import image_conversions
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sensor_msgs.msg import Image
from std_msgs.msg import Header

HEADER = Header(frame_id='camera_optical_frame')
SIZES = st.tuples(st.integers(1, 7), st.integers(1, 9))
DTYPES = {
    **{'32FC1': 'f4', '64FC1': 'f8', '16UC1': 'u2', 'mono16': 'u2', 'Z16': 'u2', '16SC1': 'i2'},
    **{'32SC1': 'i4', '8UC1': 'u1', 'mono8': 'u1', 'bool': 'u1', 'rgb8': 'u1', 'bgr8': 'u1'},
    **{'8UC3': 'u1', 'rgba8': 'u1', 'bgra8': 'u1'},
}


def image(pixels, encoding, padding=0, big=False):
    """An image message written byte by byte, row by row, as a foreign driver would."""
    height, width = pixels.shape[:2]
    raw = pixels.astype(('>' if big else '<') + DTYPES[encoding])
    rows = [row.tobytes() + b'\xff' * padding for row in raw]
    msg = Image(height=height, width=width, encoding=encoding, is_bigendian=int(big))
    msg.step = raw[0].nbytes + padding
    msg.data.frombytes(b''.join(rows))
    return msg


@given(
    arrays(np.uint16, SIZES),
    st.sampled_from(['16UC1', 'mono16', 'Z16']),
    st.integers(0, 5),
    st.booleans(),
)
def test_millimetres_of_any_layout_become_metres(pixels, encoding, padding, big):
    depth = depth_from_msg(image(pixels, encoding, padding, big))
    assert depth.dtype == np.float32
    np.testing.assert_allclose(depth, pixels / 1000, rtol=1e-6)


@given(
    arrays(np.float32, SIZES),
    st.sampled_from(['32FC1', '64FC1']),
    st.integers(0, 5),
    st.booleans(),
)
def test_metres_of_any_layout_stay_and_unseen_becomes_zero(pixels, encoding, padding, big):
    depth = depth_from_msg(image(pixels, encoding, padding, big))
    seen = np.isfinite(pixels) & (pixels > 0)
    np.testing.assert_array_equal(depth, np.where(seen, pixels, 0))


@given(arrays(bool, SIZES))
def test_masks_come_back(mask):
    msg = image_conversions.mask_to_msg(mask, HEADER)
    np.testing.assert_array_equal(selection_from_msg(msg).mask, mask)


@pytest.mark.parametrize('encoding', ['32FC1', '16UC1', 'mono16'])
def test_depth_comes_back(encoding):
    depth = np.random.default_rng(0).uniform(0.3, 2.0, (6, 9)).astype(np.float32)
    depth[2, 3] = 0
    msg = image_conversions.depth_to_msg(depth, encoding, HEADER)
    half_a_millimetre = 0 if encoding == '32FC1' else 0.000501
    back = depth_from_msg(msg)
    np.testing.assert_allclose(back, depth, atol=half_a_millimetre, rtol=0)
    assert back[2, 3] == 0
    assert msg.header == HEADER


def test_what_was_not_measured_is_nan_in_metres():
    depth = np.array([[0.5, 0.0]], np.float32)
    msg = image_conversions.depth_to_msg(depth, '32FC1', HEADER)
    np.testing.assert_array_equal(np.frombuffer(msg.data, np.float32), [0.5, np.nan])


def test_depth_that_is_seen_everywhere_is_not_copied():
    msg = image_conversions.depth_to_msg(np.ones((4, 5), np.float32), '32FC1', HEADER)
    depth = depth_from_msg(msg)
    assert np.shares_memory(depth, np.frombuffer(msg.data, np.uint8))
    assert not depth.flags.writeable


def test_a_slice_of_a_larger_image_is_written_right():
    depth = np.arange(1, 49, dtype=np.float32).reshape(6, 8)[::2, 1:4]
    msg = image_conversions.depth_to_msg(depth, '32FC1', HEADER)
    np.testing.assert_array_equal(depth_from_msg(msg), depth)


@pytest.mark.parametrize(
    ('changes', 'said'),
    [
        (
            {'encoding': 'bgr8'},
            "encoding 'bgr8', expected 32FC1 or 16UC1 or .*the colour image",
        ),
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
        depth_from_msg(msg)


def test_an_unknown_encoding_is_not_written():
    with pytest.raises(ValueError, match='expected one of'):
        image_conversions.depth_to_msg(np.ones((2, 3), np.float32), 'rgb8', HEADER)


def test_signed_integers_are_millimetres_and_unseen_where_negative():
    depth = depth_from_msg(image(np.array([[-5, 0, 700]]), '16SC1'))
    np.testing.assert_allclose(depth, [[0, 0, 0.7]], rtol=1e-6)


@pytest.mark.parametrize(
    ('encoding', 'scale', 'value'),
    [
        ('16UC1', 0.00025, 2800),
        ('16UC1', 0.0001, 7000),
        ('16SC1', 0.0001, 7000),
        ('32FC1', 0.001, 700),
        ('64FC1', 0.001, 700),
        ('mono8', 0.1, 7),
        ('8UC1', 0.1, 7),
        ('32SC1', 0.00001, 70000),
    ],
)
def test_a_scale_says_what_a_unit_is(encoding, scale, value):
    msg = image(np.array([[0, value]]), encoding)
    np.testing.assert_allclose(depth_from_msg(msg, scale), [[0, 0.7]], rtol=1e-6)


@pytest.mark.parametrize('encoding', ['mono8', '8UC1', '32SC1'])
def test_integers_without_a_usual_unit_need_a_scale(encoding):
    with pytest.raises(ValueError, match='set depth_scale to the metres per unit'):
        depth_from_msg(image(np.ones((2, 3)), encoding))


@pytest.mark.parametrize('encoding', ['rgb8', 'bgra8', '8UC3', 'bayer_rggb8', 'yuv422_yuy2'])
def test_a_colour_image_is_called_one(encoding):
    with pytest.raises(ValueError, match='is it the topic of the colour image'):
        depth_from_msg(Image(encoding=encoding))


CAN = np.zeros((4, 6), bool)
CAN[1:3, 2:5] = True


@pytest.mark.parametrize('encoding', ['mono8', '8UC1', 'bool', '32FC1', '64FC1'])
@pytest.mark.parametrize('padding', [0, 3])
def test_a_mask_is_where_one_channel_is_high(encoding, padding):
    chosen = selection_from_msg(image(CAN, encoding, padding))
    np.testing.assert_array_equal(chosen.mask, CAN)


@pytest.mark.parametrize('encoding', ['rgb8', 'bgr8', '8UC3', 'rgba8', 'bgra8'])
def test_a_mask_is_where_a_picture_is_white(encoding):
    channels = 4 if 'a' in encoding else 3
    pixels = np.repeat(CAN[..., None], channels, axis=2) * 255
    pixels[..., 3:] = 255
    chosen = selection_from_msg(image(pixels, encoding, padding=2))
    np.testing.assert_array_equal(chosen.mask, CAN)


LABELS = np.where(CAN, 7, 0)
LABELS[0, 0] = 300


@pytest.mark.parametrize('encoding', ['16UC1', 'mono16', '16SC1', '32SC1'])
@pytest.mark.parametrize('big', [False, True])
def test_wide_integers_are_labels(encoding, big):
    chosen = selection_from_msg(image(LABELS, encoding, 1, big))
    assert chosen.mask is None
    np.testing.assert_array_equal(chosen.labels, LABELS)


def test_one_object_of_a_label_image_keeps_its_label_and_less_than_0_is_none():
    pixels = np.where(CAN, 7, -1)
    chosen = selection_from_msg(image(pixels, '32SC1'))
    np.testing.assert_array_equal(chosen.labels, np.where(CAN, 7, 0))


def test_several_numbers_of_8_bits_are_labels():
    pixels = np.where(CAN, 2, 0)
    pixels[0, 0] = 1
    chosen = selection_from_msg(image(pixels, 'mono8'))
    np.testing.assert_array_equal(chosen.labels, pixels)


def test_colours_are_objects_numbered_alike_in_either_order():
    red_blue = np.zeros((4, 6, 3), int)
    red_blue[CAN], red_blue[0, 0] = [200, 0, 0], [0, 0, 200]
    rgb = selection_from_msg(image(red_blue, 'rgb8')).labels
    bgr = selection_from_msg(image(red_blue[..., ::-1], 'bgr8')).labels
    np.testing.assert_array_equal(rgb, bgr)
    assert np.unique(rgb).tolist() == [0, 1, 2]


def test_what_is_no_mask_is_named():
    with pytest.raises(ValueError, match="mask has encoding 'bayer_rggb8', expected 8UC1 or"):
        selection_from_msg(Image(encoding='bayer_rggb8'))
