"""Our readings of images, clouds and cameras beside those of ROS's own Python packages.

What is compared needs cv_bridge, sensor_msgs_py and image_geometry; a test whose package is not
here is skipped. A row that names a fault may be read wrongly by theirs, never by ours.
"""

from contextlib import contextmanager
from copy import deepcopy
from typing import NamedTuple

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')

from dexnet_core.io.messages.camera_messages import camera_from_msg
from dexnet_core.io.messages.cloud_messages import points_from_msg
from dexnet_core.io.messages.image_messages import (
    depth_from_msg,
    heatmap_pixels,
    selection_from_msg,
)
from dexnet_core.planning.perception.masks import selection_of
from dexnet_ros.cloud_conversions import points_to_msg
from dexnet_ros.image_conversions import depth_to_msg, image_to_msg, mask_to_msg
from sensor_msgs.msg import CameraInfo, Image, PointCloud2, PointField, RegionOfInterest
from std_msgs.msg import Header

HEADER = Header(frame_id='camera_optical_frame')
HEIGHT, WIDTH = 3, 5
LARGEST = {'u1': 255, 'i1': 100, 'u2': 60000, 'i2': 30000, 'i4': 70000}


@contextmanager
def known(fault):
    """Around ROS's own reading: what goes wrong there is expected if a fault is named."""
    try:
        yield
    except Exception:
        if not fault:
            raise
        pytest.xfail(fault)


class Layout(NamedTuple):
    """How an image is stored: its encoding, the type and number of its channels, the rest."""

    encoding: str
    dtype: str
    channels: int = 1
    padding: int = 0
    big: bool = False
    fault: str = ''


@pytest.fixture(scope='module')
def bridge():
    """A CvBridge whose compiled part can be loaded."""
    pytest.importorskip('cv_bridge', reason='cv_bridge is not here')
    try:
        import cv_bridge.boost.cv_bridge_boost
    except ImportError as error:
        pytest.skip(f'cv_bridge cannot be loaded, is it built for another NumPy? {error}')
    return cv_bridge.CvBridge()


@pytest.fixture(scope='module')
def point_cloud2():
    return pytest.importorskip('sensor_msgs_py.point_cloud2', reason='sensor_msgs_py is not here')


def image(layout, pixels=None):
    """An image message of random pixels, with 0xa5 after each row, and its pixels."""
    height, width, channels = HEIGHT, WIDTH, layout.channels
    if pixels is None:
        rng = np.random.default_rng(1)
        pixels = rng.uniform(0, LARGEST.get(layout.dtype, 2), (height, width, channels))
        pixels[0, 1] = 0
    raw = pixels.reshape(height, -1).astype(('>' if layout.big else '<') + layout.dtype)
    msg = Image(header=HEADER, height=height, width=width, encoding=layout.encoding)
    msg.is_bigendian = int(layout.big)
    msg.step = raw[0].nbytes + layout.padding
    msg.data.frombytes(b''.join(row.tobytes() + b'\xa5' * layout.padding for row in raw))
    return msg, raw.reshape((height, width, channels)[: 2 + (channels > 1)])


NEWBYTEORDER = 'cv_bridge calls ndarray.newbyteorder, which NumPy 2 does not have'
BIG = '' if hasattr(np.ndarray, 'newbyteorder') else NEWBYTEORDER
ODD = 'cv_bridge takes rows for a whole number of pixels, and shears the image'
UNKNOWN = 'cv_bridge does not know this encoding, which drivers of cameras use'
DEPTH = [
    Layout('16UC1', 'u2'),
    Layout('mono16', 'u2'),
    Layout('16SC1', 'i2'),
    Layout('32FC1', 'f4'),
    Layout('64FC1', 'f8'),
    Layout('16UC1', 'u2', padding=6),
    Layout('32FC1', 'f4', padding=12),
    Layout('16UC1', 'u2', padding=3, fault=ODD),
    Layout('32FC1', 'f4', padding=2, fault=ODD),
    Layout('Z16', 'u2', fault=UNKNOWN),
    Layout('16UC1', 'u2', big=True, fault=BIG),
    Layout('mono16', 'u2', padding=4, big=True, fault=BIG),
    Layout('32FC1', 'f4', big=True, fault=BIG),
    Layout('64FC1', 'f8', padding=8, big=True, fault=BIG),
]


@pytest.mark.parametrize('layout', DEPTH, ids=str)
def test_depth_is_that_of_cv_bridge(bridge, layout):
    msg, pixels = image(layout)
    metres = pixels.astype(np.float32) * np.float32(1 if layout.dtype[0] == 'f' else 0.001)
    np.testing.assert_allclose(depth_from_msg(msg), metres, rtol=1e-6)
    with known(layout.fault):
        np.testing.assert_array_equal(bridge.imgmsg_to_cv2(msg), pixels)


@pytest.mark.parametrize('layout', [('mono8', 'u1'), ('8UC1', 'u1', 1, 3), ('32SC1', 'i4')])
def test_scaled_depth_is_that_of_cv_bridge(bridge, layout):
    msg, _ = image(Layout(*layout))
    theirs = bridge.imgmsg_to_cv2(msg).astype(np.float32) * np.float32(0.01)
    np.testing.assert_allclose(depth_from_msg(msg, scale=0.01), theirs, rtol=1e-6)


def test_unseen_depth_is_0_where_cv_bridge_leaves_it_as_it_is(bridge):
    pixels = np.full((HEIGHT, WIDTH), 0.5)
    pixels[0] = [np.nan, np.inf, -np.inf, -1, 0]
    msg, _ = image(Layout('32FC1', 'f4'), pixels)
    theirs = bridge.imgmsg_to_cv2(msg)
    np.testing.assert_array_equal(theirs, pixels.astype(np.float32))
    np.testing.assert_array_equal(heatmap_pixels(msg), theirs)
    np.testing.assert_array_equal(
        depth_from_msg(msg), np.where(np.isfinite(theirs) & (theirs > 0), theirs, 0)
    )


LABELS = [
    Layout('16UC1', 'u2'),
    Layout('mono16', 'u2', padding=2),
    Layout('16SC1', 'i2'),
    Layout('32SC1', 'i4', padding=8),
]


@pytest.mark.parametrize('layout', LABELS, ids=str)
def test_labels_are_the_numbers_of_cv_bridge(bridge, layout):
    msg, _ = image(layout)
    np.testing.assert_array_equal(selection_from_msg(msg).labels, bridge.imgmsg_to_cv2(msg))


COLOURS = [
    (Layout('rgb8', 'u1', 3), 'bgr8'),
    (Layout('bgr8', 'u1', 3, padding=3), 'bgr8'),
    (Layout('8UC3', 'u1', 3), 'passthrough'),
    (Layout('rgba8', 'u1', 4), 'bgra8'),
    (Layout('bgra8', 'u1', 4, padding=8), 'bgra8'),
    (Layout('8UC4', 'u1', 4), 'passthrough'),
    (Layout('rgb8', 'u1', 3, padding=1, fault=ODD), 'bgr8'),
]


@pytest.mark.parametrize(('layout', 'wanted'), COLOURS, ids=str)
def test_colours_are_objects_as_cv_bridge_orders_channels(bridge, layout, wanted):
    colours = np.array([[0, 0, 0, 255], [200, 10, 0, 255], [0, 10, 200, 255]])
    order = np.arange(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH) % 3
    msg, _ = image(layout, colours[order][..., : layout.channels])
    ours = selection_from_msg(msg).labels
    assert [len(np.unique(ours[order == k])) for k in range(3)] == [1, 1, 1]
    assert len(np.unique(ours)) == 3
    with known(layout.fault):
        theirs = selection_of(bridge.imgmsg_to_cv2(msg, wanted))
        np.testing.assert_array_equal(ours, theirs.labels)


@pytest.mark.parametrize('encoding', ['32FC1', '16UC1', 'mono16'])
def test_depth_is_written_as_cv_bridge_writes_it(bridge, encoding):
    depth = np.random.default_rng(2).uniform(0, 2, (HEIGHT, WIDTH)).astype(np.float32)
    pixels = depth if encoding == '32FC1' else np.rint(depth * 1000).astype(np.uint16)
    theirs = bridge.cv2_to_imgmsg(pixels, encoding, HEADER)
    assert depth_to_msg(depth, encoding, HEADER) == theirs
    assert image_to_msg(pixels, encoding, HEADER) == theirs


def test_masks_are_written_as_cv_bridge_writes_them(bridge):
    mask = np.random.default_rng(3).uniform(size=(HEIGHT, WIDTH)) > 0.5
    pixels = mask.astype(np.uint8) * np.uint8(255)
    assert mask_to_msg(mask, HEADER) == bridge.cv2_to_imgmsg(pixels, 'mono8', HEADER)


class Cloud(NamedTuple):
    """How a cloud is stored: types of x, y and z, where, and what is around them."""

    kinds: tuple[str, str, str] = ('f4', 'f4', 'f4')
    offsets: tuple[int, int, int] = (0, 4, 8)
    point_step: int = 12
    extra: tuple[tuple[str, int], ...] = ()
    height: int = 1
    padding: int = 0
    big: bool = False
    fault: str = ''


TYPES = {'i2': 3, 'u2': 4, 'i4': 5, 'u4': 6, 'f4': 7, 'f8': 8}
ROWS = 'sensor_msgs_py does not look at row_step, and takes padding for points'
F8 = {'kinds': ('f8',) * 3, 'offsets': (0, 8, 16), 'point_step': 24}
CLOUDS = [
    Cloud(),
    Cloud(**F8),
    Cloud(('f4', 'f8', 'f4'), (0, 4, 12), 16),
    Cloud(offsets=(8, 0, 4)),
    Cloud(point_step=32, extra=(('rgb', 16),)),
    Cloud(point_step=24, extra=(('intensity', 12), ('ring', 20))),
    Cloud(height=3),
    Cloud(height=3, **F8),
    Cloud(big=True),
    Cloud(height=3, big=True, **F8),
    Cloud(('i2', 'i2', 'u2'), (0, 2, 4), 8),
    Cloud(('i4', 'i4', 'u4'), big=True),
    Cloud(height=3, padding=8, fault=ROWS),
    Cloud(height=3, padding=4, point_step=16, big=True, fault=ROWS),
]


def cloud(layout):
    """A cloud of random points, one NaN, of integers in millimetres, and its x, y and z."""
    height, width = layout.height, 4
    order, kinds = '>' if layout.big else '<', layout.kinds
    types = {'offsets': layout.offsets, 'itemsize': layout.point_step, 'names': list('xyz')}
    dtype = np.dtype({**types, 'formats': [order + kind for kind in kinds]})
    rows = np.frombuffer(b'\xa5' * (dtype.itemsize * height * width), dtype).copy()
    rng = np.random.default_rng(4)
    for axis in 'xyz':
        rows[axis] = rng.uniform(0, 2 if dtype[axis].kind == 'f' else 2000, len(rows))
        if dtype[axis].kind == 'f':
            rows[axis][2] = np.nan
    told = zip('xyz', layout.offsets, (TYPES[kind] for kind in kinds), strict=True)
    extra = [(name, offset, PointField.FLOAT32) for name, offset in layout.extra]
    msg = PointCloud2(header=HEADER, height=height, width=width, is_bigendian=layout.big)
    msg.fields = [
        PointField(name=name, offset=offset, datatype=datatype, count=1)
        for name, offset, datatype in (*told, *extra)
    ]
    msg.point_step, msg.row_step = dtype.itemsize, dtype.itemsize * width + layout.padding
    filling = b'\xa5' * layout.padding
    parts = [row.tobytes() + filling for row in rows.reshape(height, width)]
    msg.data.frombytes(b''.join(parts))
    return msg, rows


@pytest.mark.parametrize('layout', CLOUDS, ids=str)
def test_points_are_those_of_sensor_msgs_py(point_cloud2, layout):
    msg, rows = cloud(layout)
    before = deepcopy(msg)
    ours = points_from_msg(msg, scale=0.001)
    assert msg == before
    for k, axis in enumerate('xyz'):
        unit = np.float32(1 if rows[axis].dtype.kind == 'f' else 0.001)
        metres = rows[axis].astype(np.float32) * unit
        np.testing.assert_allclose(ours[..., k].ravel(), metres, rtol=1e-6)
    with known(layout.fault):
        # Theirs turns the bytes of a big-endian message in place: a second reading is nonsense.
        theirs = point_cloud2.read_points(deepcopy(msg), field_names=('x', 'y', 'z'))
        for axis in 'xyz':
            np.testing.assert_array_equal(theirs[axis], rows[axis])


def test_an_organised_cloud_has_the_rows_of_sensor_msgs_py(point_cloud2):
    msg, rows = cloud(Cloud(height=3))
    z = rows['z'].reshape(msg.height, msg.width)
    np.testing.assert_array_equal(points_from_msg(msg)[..., 2], z)
    with known('sensor_msgs_py gives (width, height), and tears the rows apart'):
        theirs = point_cloud2.read_points(msg, reshape_organized_cloud=True)
        np.testing.assert_array_equal(theirs['z'], z)


@pytest.mark.parametrize('count', [1, 7])
def test_points_are_written_as_sensor_msgs_py_writes_them(point_cloud2, count):
    points = np.random.default_rng(5).normal(size=(count, 3)).astype(np.float32)
    points[0, 1] = np.nan  # theirs always says that points may be missing
    assert points_to_msg(points, HEADER) == point_cloud2.create_cloud_xyz32(HEADER, points)


@pytest.mark.parametrize('binning', [0, 1, 2])
@pytest.mark.parametrize('region', [(0, 0, 0, 0), (100, 80, 200, 120)])
def test_cameras_are_those_of_image_geometry(binning, region):
    geometry = pytest.importorskip('image_geometry', reason='image_geometry is not here')
    x, y, width, height = region
    msg = CameraInfo(width=640, height=480, binning_x=binning, binning_y=binning)
    msg.roi = RegionOfInterest(x_offset=x, y_offset=y, width=width, height=height)
    msg.k = np.array([500.0, 0, 321, 0, 510, 239, 0, 0, 1])
    msg.r = np.eye(3).ravel()
    msg.p = np.array([490.0, 0, 320, 0, 0, 505, 240, 0, 0, 0, 1, 0])
    model = geometry.PinholeCameraModel()
    read = getattr(model, 'from_camera_info', None) or model.fromCameraInfo
    read(msg)
    projection = np.asarray(model.P)
    theirs = projection[0, 0], projection[1, 1], projection[0, 2], projection[1, 2]
    ours = camera_from_msg(msg)
    assert (ours.fx, ours.fy, ours.cx, ours.cy) == pytest.approx(theirs)
