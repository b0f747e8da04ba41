"""A camera from files: units, labels and what is odd about them."""

import time

import numpy as np
import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')
pytest.importorskip('dexnet_msgs.msg', reason='dexnet_msgs is not built')

from dexnet_core.io.messages.image_messages import depth_from_msg, selection_from_msg
from dexnet_ros import depth_file
from rclpy.executors import SingleThreadedExecutor
from sensor_msgs.msg import Image

LABELS = np.repeat([[0, 1, 2, 7]], 3, axis=0)


@pytest.fixture
def published(isolated_ros, tmp_path):
    """Return a function that returns the depth and the mask of a camera with some options."""

    def listen(*options):
        image = depth_file._image(depth_file._parser().parse_args([*map(str, options)]))
        node, executor, heard = depth_file.DepthFile(image), SingleThreadedExecutor(), {}
        executor.add_node(node)
        node.create_subscription(Image, 'depth/image_rect', lambda m: heard.update(depth=m), 1)
        node.create_subscription(Image, 'mask', lambda m: heard.update(mask=m), 1)
        deadline = time.monotonic() + 20
        while len(heard) < 2 and time.monotonic() < deadline:
            executor.spin_once(timeout_sec=0.05)
        executor.shutdown()
        node.destroy_node()
        return depth_from_msg(heard['depth']), selection_from_msg(heard['mask']).mask

    return listen


def test_depth_is_in_the_units_and_on_the_object_of_the_options(published, tmp_path):
    np.save(tmp_path / 'depth.npy', np.full(LABELS.shape, 2000, np.uint16))
    np.save(tmp_path / 'labels.npy', LABELS)
    files = ('--depth', tmp_path / 'depth.npy', '--mask', tmp_path / 'labels.npy')
    options = ('--camera', '600,600,1.5,1', '--depth-scale', 0.00025, '--label', 2)
    depth, mask = published(*files, *options)
    np.testing.assert_allclose(depth, 0.5)
    np.testing.assert_array_equal(mask, LABELS == 2)


def test_what_is_odd_about_a_file_is_said_with_the_name_of_the_program(published, tmp_path, capfd):
    np.save(tmp_path / 'depth.npy', np.full((60, 80), 0.5, np.float32))
    inverted = np.ones((60, 80), bool)
    inverted[30:32, 40:42] = False
    np.save(tmp_path / 'mask.npy', inverted)
    files = ('--depth', tmp_path / 'depth.npy', '--mask', tmp_path / 'mask.npy')
    published(*files, '--camera', '600,600,39.5,29.5')
    said = capfd.readouterr().err
    assert f'depth_file: {tmp_path / "mask.npy"}: the mask covers 100%' in said
