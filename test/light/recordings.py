"""Recordings of a box on a table, written with the library that reads them in the package."""

import numpy as np
from rosbags.rosbag1 import Writer as Writer1
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin
from rosbags.rosbag2 import Writer as Writer2
from rosbags.typesys import get_typestore, Stores

START = 1_700_000_000
FRAME = 'camera_depth_optical_frame'
STORAGES = {'sqlite3': StoragePlugin.SQLITE3, 'mcap': StoragePlugin.MCAP}
DEPTH, INFO, CLOUD = '/camera/depth/image_rect_raw', '/camera/depth/camera_info', '/points'
_STORE2, _STORE1 = get_typestore(Stores.LATEST), get_typestore(Stores.ROS1_NOETIC)


class Maker:
    """Makes messages of one ROS; stamps are seconds after START."""

    def __init__(self, ros=2):
        self.ros = ros
        self.store = _STORE2 if ros == 2 else _STORE1

    def of(self, kind, **values):
        return self.store.types[kind.replace('/', '/msg/')](**values)

    def header(self, stamp, frame=FRAME):
        sec, nanosec = divmod(round(stamp * 1e9), 10**9)
        time = self.of('builtin_interfaces/Time', sec=START + sec, nanosec=nanosec)
        seq = {'seq': 0} if self.ros == 1 else {}
        return self.of('std_msgs/Header', stamp=time, frame_id=frame, **seq)

    def image(self, stamp, pixels, encoding='32FC1', frame=FRAME):
        height, width = pixels.shape[:2]
        data = np.frombuffer(np.ascontiguousarray(pixels).tobytes(), np.uint8)
        values = {'height': height, 'width': width, 'encoding': encoding, 'is_bigendian': 0}
        step = data.size // height
        header = self.header(stamp, frame)
        return self.of('sensor_msgs/Image', header=header, step=step, data=data, **values)

    def compressed(self, stamp, data, form):
        values = {'header': self.header(stamp), 'format': form}
        return self.of('sensor_msgs/CompressedImage', **values, data=np.frombuffer(data, np.uint8))

    def info(self, stamp, camera, frame=FRAME):
        k = [camera.fx, 0, camera.cx, 0, camera.fy, camera.cy, 0, 0, 1]
        p = [camera.fx, 0, camera.cx, 0, 0, camera.fy, camera.cy, 0, 0, 0, 1, 0]
        names = 'dkrp' if self.ros == 2 else 'DKRP'
        arrays = (np.array(values, float) for values in ([0] * 5, k, np.eye(3).ravel(), p))
        roi = dict.fromkeys(('x_offset', 'y_offset', 'height', 'width'), 0)
        return self.of(
            'sensor_msgs/CameraInfo',
            header=self.header(stamp, frame),
            height=camera.height,
            width=camera.width,
            distortion_model='plumb_bob',
            binning_x=0,
            binning_y=0,
            roi=self.of('sensor_msgs/RegionOfInterest', do_rectify=False, **roi),
            **dict(zip(names, arrays, strict=True)),
        )

    def cloud(self, stamp, points, frame=FRAME):
        raw = np.ascontiguousarray(points, np.float32)
        height, width = (1, *raw.shape[:-1])[-2:]
        fields = [
            self.of('sensor_msgs/PointField', name=name, offset=4 * k, datatype=7, count=1)
            for k, name in enumerate('xyz')
        ]
        return self.of(
            'sensor_msgs/PointCloud2',
            header=self.header(stamp, frame),
            height=height,
            width=width,
            fields=fields,
            is_bigendian=False,
            point_step=12,
            row_step=12 * width,
            data=np.frombuffer(raw.tobytes(), np.uint8),
            is_dense=True,
        )


def write_bag2(path, messages, storage='sqlite3', compression=None, version=9):
    """Write (topic, seconds after START, message) in their order."""
    writer = Writer2(path, version=version, storage_plugin=STORAGES[storage])
    if compression is not None:
        writer.set_compression(CompressionMode[compression.upper()], CompressionFormat.ZSTD)
    _write(writer, _STORE2, _STORE2.serialize_cdr, messages)
    return path


def write_bag1(path, messages, compression=None):
    """Write (topic, seconds after START, message) of ROS 1 in their order."""
    writer = Writer1(path)
    if compression is not None:
        writer.set_compression(Writer1.CompressionFormat[compression.upper()])
    _write(writer, _STORE1, _STORE1.serialize_ros1, messages)
    return path


def _write(writer, store, serialize, messages):
    topics = {}
    with writer:
        for topic, stamp, message in messages:
            kind = message.__msgtype__
            if topic not in topics:
                topics[topic] = writer.add_connection(topic, kind, typestore=store)
            data = serialize(message, kind)
            writer.write(topics[topic], START * 10**9 + round(stamp * 1e9), data)
