"""Warnings about missing inputs of a node."""

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
    """Logs a warning if no image was received or the stream has stopped, with the likely reason.

    The first warning is logged after five seconds, and repeated every thirty. There is no warning
    while images arrive, or before the first image if clients send images with their requests.
    When images arrive after a warning, a line says so.
    """

    def __init__(
        self,
        node: Node,
        images: list[SensorSubscription],
        camera_info: SensorSubscription,
        latest: LatestInput,
    ) -> None:
        """Create the timer.

        Args:
            node: Node whose logger and executor are used.
            images: Subscriptions to images and clouds, of which one is enough.
            camera_info: Subscription to camera info, which depth images need.
            latest: Latest messages.
        """
        self._node = node
        self._images = images
        self._camera_info = camera_info
        self._latest = latest
        self._began = time.monotonic()
        self._warned = 0.0
        self._is_wanted = True
        self._timer = wall_timer(node, _PERIOD_S, self._look)

    def images_come_by_request(self) -> None:
        """Do not warn about a missing first image any more."""
        self._is_wanted = False

    def trouble(self) -> str:
        """Return a description of the missing input; empty if none is missing."""
        return self._text(time.monotonic())

    def destroy(self) -> None:
        """Destroy the timer."""
        self._node.destroy_timer(self._timer)

    def _look(self) -> None:
        now = time.monotonic()
        text = self._text(now)
        if text and (not self._warned or now - self._warned >= _AGAIN_S):
            self._warned = now
            self._node.get_logger().warning(text)
        elif self._warned and not text:
            self._warned = 0.0
            if newest := self._newest():
                self._node.get_logger().info(f'receiving {newest.topic_name}')

    def _text(self, now: float) -> str:
        """Return the warning; empty if there is none."""
        newest = self._newest()
        if newest is None or self._latest.missing():
            return self._first(newest is not None, now - self._began)
        age = now - newest.last_came
        if not newest.is_stream or age < _PATIENCE_S:
            return ''
        return f'no image for {age:.0f} s: {newest.topic_name} {newest.why_silent()}'

    def _newest(self) -> SensorSubscription | None:
        """Return the subscription whose message arrived last; None if none did."""
        came = [image for image in self._images if image.last_came]
        return max(came, key=lambda image: image.last_came, default=None)

    def _first(self, came: bool, waited: float) -> str:
        """Return the warning about inputs that were never received; `came`: images were."""
        if waited < _PATIENCE_S or not (came or self._is_wanted):
            return ''
        missing = [] if came else list(self._images)
        missing += [] if self._camera_info.last_came else [self._camera_info]
        topics = '; '.join(f'{topic.topic_name} {topic.why_silent()}' for topic in missing)
        what = 'camera info' if came else 'a depth image or a cloud'
        return f'waiting for {what} since {waited:.0f} s: {topics}'
