"""Says what a node waits for, where nothing comes."""

from __future__ import annotations

import time

from dexnet_ros.latest_input import LatestInput
from dexnet_ros.sensor_subscription import SensorSubscription
from dexnet_ros.wall_timer import wall_timer
from rclpy.node import Node

_PATIENCE_S = 5.0
_AGAIN_S = 30.0
_PERIOD_S = 1.0


class InputWatch:
    """Warns when images have not come, or come no longer, and says what the topics are like.

    Says so after five seconds and again every thirty; nothing while images come, and nothing to
    those who send images with their requests.
    """

    def __init__(
        self,
        node: Node,
        images: list[SensorSubscription],
        camera_info: SensorSubscription,
        latest: LatestInput,
    ) -> None:
        """Begin to watch.

        Args:
            node: That waits; its log is used.
            images: Of which one is enough.
            camera_info: That depth images need.
            latest: What has come.
        """
        self._node = node
        self._images = images
        self._camera_info = camera_info
        self._latest = latest
        self._began = time.monotonic()
        self._said = 0.0
        self._is_wanted = True
        self._timer = wall_timer(node, _PERIOD_S, self._look)

    def images_come_by_request(self) -> None:
        """Wait for no first image any longer."""
        self._is_wanted = False

    def trouble(self) -> str:
        """Return what the node waits for in vain; empty where all is well."""
        return self._text(time.monotonic())

    def destroy(self) -> None:
        """End watching."""
        self._node.destroy_timer(self._timer)

    def _look(self) -> None:
        now = time.monotonic()
        text = self._text(now)
        if not text:
            self._said = 0.0
        elif not self._said or now - self._said >= _AGAIN_S:
            self._said = now
            self._node.get_logger().warning(text)

    def _text(self, now: float) -> str:
        """Return what is to be said; empty where all is well."""
        came = [image for image in self._images if image.last_came]
        if not came or self._latest.missing():
            return self._first(came, now - self._began)
        newest = max(came, key=lambda image: image.last_came)
        age = now - newest.last_came
        if not newest.is_stream or age < _PATIENCE_S:
            return ''
        return f'no image for {age:.0f} s: {newest.topic_name} {newest.why_silent()}'

    def _first(self, came: list[SensorSubscription], waited: float) -> str:
        """Return what has not come yet."""
        if waited < _PATIENCE_S or not (came or self._is_wanted):
            return ''
        missing = [] if came else list(self._images)
        missing += [] if self._camera_info.last_came else [self._camera_info]
        topics = '; '.join(f'{topic.topic_name} {topic.why_silent()}' for topic in missing)
        what = 'camera info' if came else 'a depth image or a cloud'
        return f'waiting for {what} since {waited:.0f} s: {topics}'
