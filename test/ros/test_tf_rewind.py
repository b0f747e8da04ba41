"""A recording that begins again has its transforms, as tf2 has them."""

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')

from dexnet_ros.tf_rewind import RewoundBuffer
from geometry_msgs.msg import TransformStamped
from rclpy.duration import Duration
from rclpy.logging import get_logger
from rclpy.time import Time


class Buffer:
    """As tf2's, it refuses what is ten seconds older than the newest of a frame."""

    def __init__(self):
        self.taken, self.static, self.clears = {}, [], 0

    def set_transform(self, transform, authority):
        stamps = self.taken.setdefault(transform.child_frame_id, [])
        if not stamps or transform.header.stamp.sec > max(stamps) - 10:
            stamps.append(transform.header.stamp.sec)

    def set_transform_static(self, transform, authority):
        self.static.append(transform.child_frame_id)

    def clear(self):
        self.taken, self.clears = {}, self.clears + 1


def transform(sec, child='camera'):
    made = TransformStamped(child_frame_id=child)
    made.header.frame_id = 'base'
    made.header.stamp.sec = sec
    made.transform.translation.x = float(sec)
    return made


@pytest.fixture
def buffer():
    return Buffer()


@pytest.fixture
def rewound(buffer):
    return RewoundBuffer(buffer, get_logger('test'))


def play(rewound, stamps, child='camera'):
    for sec in stamps:
        rewound.set_transform(transform(sec, child), 'bag')


def test_what_comes_again_is_taken_again(rewound, buffer):
    rewound.set_transform_static(transform(0, 'tool'), 'bag')
    play(rewound, range(100, 130))
    play(rewound, range(100, 110))
    assert buffer.taken['camera'] == list(range(100, 110))
    assert buffer.clears == 1
    assert buffer.static == ['tool']


def test_frames_of_different_age_and_late_ones_are_no_new_beginning(rewound, buffer):
    play(rewound, [100, 101, 100, 102])
    play(rewound, [50, 51], 'tool')
    play(rewound, [103])
    assert buffer.clears == 0
    assert buffer.taken == {'camera': [100, 101, 100, 102, 103], 'tool': [50, 51]}


def test_tf2_itself_looks_up_what_comes_again():
    tf2_ros = pytest.importorskip('tf2_ros', reason='tf2_ros is not installed')
    buffer = tf2_ros.Buffer()
    rewound = RewoundBuffer(buffer, get_logger('test'))
    rewound.set_transform_static(transform(0, 'tool'), 'bag')
    play(rewound, range(100, 130))
    play(rewound, range(100, 103))
    found = buffer.lookup_transform('base', 'camera', Time(seconds=101), Duration())
    assert found.transform.translation.x == 101
    assert buffer.can_transform('base', 'tool', Time(seconds=101))
