"""A spinner ends when it is told to, also by who tells it late."""

import pytest

pytest.importorskip('rclpy', reason='ROS 2 is not here: no rclpy')

from threading import Thread

from dexnet_ros.spinner import Spinner
import rclpy


def test_it_is_stopped_from_another_thread_and_once_more_after_its_end(isolated_ros):
    node = rclpy.create_node('spinning')
    with Spinner(node) as spinner:
        thread = Thread(target=spinner.spin)
        thread.start()
        spinner.stop()
        thread.join(timeout=20)
        assert not thread.is_alive()
    spinner.stop()
    node.destroy_node()
    spinner.stop()
