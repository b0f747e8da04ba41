"""Clouds of any layout become points, and broken ones are refused with what was expected."""

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')

from dexnet_core.io.messages.cloud_messages import points_from_msg
from dexnet_ros.cloud_conversions import points_to_msg
from hypothesis import given
from hypothesis import strategies as st
from sensor_msgs.msg import PointCloud2, PointField
from std_msgs.msg import Header

HEADER = Header(frame_id='camera_optical_frame')
DATATYPES = {
    'f4': PointField.FLOAT32,
    'f8': PointField.FLOAT64,
    'i2': PointField.INT16,
    'u2': PointField.UINT16,
    'i4': PointField.INT32,
    'u4': PointField.UINT32,
}


def cloud(points, kinds=('f4', 'f4', 'f4'), order='xyz', gaps=(0, 0, 0, 0), padding=0, big=False):
    """A message written byte by byte, point by point, as a foreign driver would.

    Before each axis, and after the last, are as many bytes as its gap says.
    """
    height, width = points.shape[:2]
    msg = PointCloud2(header=HEADER, height=height, width=width, is_bigendian=big)
    offset = 0
    for axis, gap in zip(order, gaps, strict=False):
        kind = kinds['xyz'.index(axis)]
        offset += gap
        msg.fields.append(PointField(name=axis, offset=offset, datatype=DATATYPES[kind], count=1))
        offset += np.dtype(kind).itemsize
    msg.fields.append(PointField(name='rgb', offset=0, datatype=PointField.UINT32, count=1))
    msg.point_step = offset + gaps[3]
    msg.row_step = msg.point_step * width + padding
    raw = bytearray(b'\xa5' * (msg.row_step * height))
    for v, u in np.ndindex(height, width):
        for field in msg.fields[:3]:
            k = 'xyz'.index(field.name)
            value = np.array(points[v, u, k], ('>' if big else '<') + kinds[k]).tobytes()
            start = v * msg.row_step + u * msg.point_step + field.offset
            raw[start : start + len(value)] = value
    msg.data.frombytes(bytes(raw))
    return msg


@given(
    st.tuples(st.integers(1, 4), st.integers(1, 5)),
    st.tuples(*[st.sampled_from(['f4', 'f8'])] * 3),
    st.permutations('xyz'),
    st.tuples(*[st.integers(0, 9)] * 4),
    st.integers(0, 7),
    st.booleans(),
)
def test_every_layout_gives_the_points(shape, kinds, order, gaps, padding, big):
    points = np.random.default_rng(0).normal(size=(*shape, 3)).astype(np.float32)
    points[0, 0] = [np.nan, np.inf, -np.inf]
    got = points_from_msg(cloud(points, kinds, order, gaps, padding, big))
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, points)


@pytest.mark.parametrize('order', ['xyz', 'zyx'])
@pytest.mark.parametrize('padding', [0, 5])
@pytest.mark.parametrize('big', [False, True])
def test_points_without_gaps_come_back(order, padding, big):
    points = np.random.default_rng(0).normal(size=(3, 4, 3)).astype(np.float32)
    got = points_from_msg(cloud(points, order=order, padding=padding, big=big))
    np.testing.assert_array_equal(got, points)
    assert got.flags.writeable


@pytest.mark.parametrize('shape', [(7, 3), (2, 5, 3), (0, 3), (1, 3)])
def test_clouds_come_back(shape):
    points = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    points[:1, ..., 0] = np.nan
    msg = points_to_msg(points, HEADER)
    assert msg.header == HEADER
    assert msg.is_dense == (points.size == 0)
    np.testing.assert_array_equal(points_from_msg(msg).reshape(shape), points)


def test_a_slice_of_a_larger_cloud_is_written_right():
    points = np.arange(72, dtype=np.float64).reshape(4, 6, 3)[::2, 1:4]
    np.testing.assert_array_equal(points_from_msg(points_to_msg(points, HEADER)), points)


def test_what_float32_cannot_hold_becomes_infinite():
    points = np.full((1, 1, 3), 1e300)
    assert np.isinf(points_from_msg(cloud(points, kinds=('f8', 'f8', 'f8')))).all()


def test_an_unorganised_cloud_may_leave_its_row_step_out():
    points = np.ones((1, 4, 3), np.float32)
    msg = cloud(points)
    msg.row_step = 0
    np.testing.assert_array_equal(points_from_msg(msg), points)


def renamed(msg, *names):
    for field, name in zip(msg.fields, names, strict=False):
        field.name = name
    return msg


def test_axes_may_be_in_capitals_but_small_letters_go_before():
    points = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
    assert (points_from_msg(renamed(cloud(points), 'X', 'Y', 'Z')) == points).all()
    both = renamed(cloud(points), 'x', 'y', 'z', 'X')
    both.fields.reverse()  # the capital one is first, and of another type
    assert (points_from_msg(both) == points).all()


@pytest.mark.parametrize('kinds', [('i2', 'i2', 'u2'), ('i4', 'i4', 'u4'), ('f4', 'f8', 'i2')])
@pytest.mark.parametrize('big', [False, True])
def test_integers_are_units_of_the_scale_and_floating_point_is_metres(kinds, big):
    stored = np.array([[[-250, 125, 700], [0, 0, 0]]])
    units = np.array([0.001 if kind[0] in 'iu' else 1.0 for kind in kinds])
    got = points_from_msg(cloud(stored, kinds, big=big), scale=0.001)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, stored * units, rtol=1e-6)


def broken(field=None, **changes):
    msg = cloud(np.ones((2, 3, 3), np.float32))
    for name, value in changes.items():
        setattr(msg if field is None else msg.fields[field], name, value)
    return msg


@pytest.mark.parametrize(
    ('msg', 'said'),
    [
        (broken(fields=[]), r'fields \[\], expected x, y and z'),
        (broken(0, name='u'), r"'y', 'z', 'rgb'\], expected x, y and z"),
        (
            broken(1, datatype=PointField.INT16),
            'field y is 1 of datatype 3, expected 1 of FLOAT32 or FLOAT64; .* depth_scale',
        ),
        (broken(2, count=2), 'field z is 2 of datatype 7'),
        (broken(2, offset=9), 'field z ends at byte 13, point_step is 12'),
        (broken(2, datatype=PointField.FLOAT64), 'field z ends at byte 16, point_step is 12'),
        (broken(point_step=0), 'field x ends at byte 4, point_step is 0'),
        (broken(row_step=35), 'row_step 35, expected at least 36 bytes'),
        (broken(height=3), '72 bytes, expected at least 108'),
        (broken(width=2**31, row_step=2**32 - 1), 'row_step 4294967295, expected at least'),
    ],
)
def test_broken_clouds_are_refused_with_what_was_expected(msg, said):
    with pytest.raises(ValueError, match=said):
        points_from_msg(msg)
