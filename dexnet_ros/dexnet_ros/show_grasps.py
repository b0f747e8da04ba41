"""Prints the grasps of a planner node as a table, and writes a picture at the end."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
import sys
import time
from typing import Any

from dexnet_core.geometry.transform import invert
from dexnet_core.io.drawing.grasp_table import grasp_table
from dexnet_core.io.files.image_files import write_picture
from dexnet_core.planning.grasp import PlanStatus
from dexnet_core.planning.planners.request import move_plan
from dexnet_msgs.msg import GraspArray, GraspHeatmap
from dexnet_ros.conversions import grasp_from_msg, heatmap_from_msg, plan_from_msg
from dexnet_ros.frames import FrameLookup, TransformLookup
from dexnet_ros.input_reader import InputReader
from dexnet_ros.parameters import refuse_unknown
from dexnet_ros.pictures import draw_observation
from dexnet_ros.repeated_log import RepeatedLog
from dexnet_ros.running import init_without_signals, USER_ERRORS
from dexnet_ros.sensor_subscription import SensorSubscription
from dexnet_ros.starting import Stop
from dexnet_ros.target import target_of
import numpy as np
import rclpy
from rclpy.node import Node
from rclpy.time import Time
from rclpy.utilities import remove_ros_args
from sensor_msgs.msg import CameraInfo, Image, PointCloud2

_NAME = 'show_grasps'
_KEPT = 30
"""Messages of each topic that are kept until those with the same stamp have arrived."""


class ShowGrasps(Node):
    """Subscribes to the inputs and results of a planner node.

    Subscribes:
        grasps (dexnet_msgs/GraspArray), heatmap (dexnet_msgs/GraspHeatmap).
        depth/image_rect (sensor_msgs/Image), depth/camera_info (sensor_msgs/CameraInfo).
        points (sensor_msgs/PointCloud2).
    Parameters:
        See `InputReader`; for a correct picture they must be those of the planner node.
    """

    # Since Kilted, a context also destroys a node whose constructor has failed.
    _lookup: TransformLookup | None = None

    def __init__(self, top: int, **options: Any) -> None:  # noqa: ANN401
        """Declare the parameters and subscribe.

        Args:
            top: Number of grasps to print for each message, best first.
            options: Options of the rclpy node.

        Raises:
            ValueError: A parameter is unknown or invalid.
            ParameterException: A parameter has the wrong type.
        """
        super().__init__(_NAME, **options)
        self._log = RepeatedLog(self.get_logger())
        self._reader = InputReader(self, self._log)
        self._lookup = TransformLookup(self)
        refuse_unknown(self)
        self.ages_ms: list[float] = []
        self.status = f'no message received on {self.resolve_topic_name("grasps")}'
        self._top = top
        self._by_stamp: dict[type, dict[tuple[int, int], Any]] = {}
        self._listen(GraspArray, 'grasps', self._show)
        self._listen(GraspHeatmap, 'heatmap')
        self._listen(Image, 'depth/image_rect')
        self._listen(CameraInfo, 'depth/camera_info')
        self._listen(PointCloud2, 'points')

    def picture(self) -> Any | None:  # noqa: ANN401
        """Return the (H, W, 3) BGR picture of the newest input with a complete set of messages.

        None if there is no such input, or if a message cannot be used; the reason is then logged.
        """
        kinds = [GraspArray]
        kinds += [GraspHeatmap] if self.count_publishers('heatmap') else []
        for seen in ([Image, CameraInfo], [PointCloud2]):
            kept = [self._by_stamp[kind] for kind in (*kinds, *seen)]
            whole = set(kept[0]).intersection(*kept[1:])
            if whole:
                newest = max(whole)
                return self._drawn({k: self._by_stamp[k][newest] for k in (*kinds, *seen)})
        return None

    def destroy_node(self) -> None:
        """Destroy the node and its transform listener."""
        if self._lookup is not None:
            self._lookup.close()
        super().destroy_node()

    def _drawn(self, messages: dict[type, Any]) -> Any | None:  # noqa: ANN401
        if self._lookup is None:
            return None
        try:
            return _picture(messages, self._reader, self._lookup)
        except ValueError as error:
            self.status = f'no picture: {error}'
            self._log.warning(self.status)
            return None

    def _listen(self, kind: type, topic: str, show: Callable[[Any], None] | None = None) -> None:
        """Subscribe to a topic, keep its newest messages by stamp, and call `show` with each."""
        kept = self._by_stamp.setdefault(kind, {})

        def keep(msg: Any) -> None:  # noqa: ANN401
            if kind is not GraspArray or msg.grasps:
                kept[(msg.header.stamp.sec, msg.header.stamp.nanosec)] = msg
            for old in list(kept)[:-_KEPT]:
                del kept[old]
            if show:
                show(msg)

        SensorSubscription(self, kind, topic, keep)

    def _show(self, msg: GraspArray) -> None:
        age = (self.get_clock().now() - Time.from_msg(msg.header.stamp)).nanoseconds / 1e6
        head = f'image of {age:.0f} ms ago, planned in {msg.planning_ms:.0f} ms: '
        if not msg.grasps:
            self.status = f'last answer: {PlanStatus(msg.status).name} {msg.message}'.rstrip()
            _print_line(head + self.status)
            return
        self.ages_ms.append(age)
        _print_line(f'{head}{len(msg.grasps)} grasps in {msg.header.frame_id}')
        _print_line(grasp_table([grasp_from_msg(grasp) for grasp in msg.grasps[: self._top]]))


def _picture(messages: dict[type, Any], reader: InputReader, lookup: FrameLookup) -> Any:  # noqa: ANN401
    """Return the picture of the messages of one depth image or cloud.

    Raises:
        ValueError: A message cannot be used, or the frame of the grasps is unknown.
    """
    heatmap = np.empty((0, 0), np.float32)
    if GraspHeatmap in messages:
        heatmap = heatmap_from_msg(messages[GraspHeatmap])
    image = messages.get(Image) or messages[PointCloud2]
    given = reader.read(image, messages.get(CameraInfo), None)
    grasps = messages[GraspArray]
    target = target_of(lookup, image.header.frame_id, grasps.header)
    plan = target.moved(plan_from_msg(grasps, heatmap))
    plan = move_plan(plan, invert(given.T_header_observation))
    return draw_observation(given.observation, plan)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print grasps; return 0 with a picture, 1 after a timeout or error, 130 if interrupted."""
    args = _parser().parse_args(remove_ros_args(sys.argv)[1:] if arguments is None else arguments)
    stop, node = Stop(), None
    try:
        init_without_signals()
        node = ShowGrasps(args.top)
        return _watch(node, args, stop)
    except USER_ERRORS as error:
        if node is not None:
            raise
        sys.stderr.write(f'{_NAME}: {" ".join(str(error).split())}\n')
        return 1
    finally:
        stop.ignore()
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()


def _watch(node: ShowGrasps, args: argparse.Namespace, stop: Stop) -> int:
    deadline = time.monotonic() + args.timeout
    while time.monotonic() < deadline and not stop.is_requested():
        rclpy.spin_once(node, timeout_sec=0.1)
        if len(node.ages_ms) >= args.answers and (picture := node.picture()) is not None:
            write_picture(args.out, picture)
            _print_line(_summary(node.ages_ms, args.out))
            return 0
    if stop.is_requested():
        return 130
    count = f'{len(node.ages_ms)} of {args.answers}'
    reason = f'{count} answers with grasps received in {args.timeout:g} s; {node.status}'
    sys.stderr.write(f'{_NAME}: {reason}\n')
    return 1


def _summary(ages_ms: Sequence[float], out: Path) -> str:
    high = sorted(ages_ms)[int(0.95 * (len(ages_ms) - 1))]
    spread = f'median {median(ages_ms):.0f} ms, 95 % {high:.0f} ms'
    return f'{len(ages_ms)} answers with grasps, from image to here {spread}; picture: {out}'


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=_NAME, description=__doc__, epilog=f'Example: {_NAME} --answers 5 --out out/demo.png'
    )
    parser.add_argument('--answers', type=int, default=10, help='end after this many (10)')
    parser.add_argument('--timeout', type=float, default=30.0, help='seconds to wait (30)')
    parser.add_argument('--top', type=int, default=5, help='grasps to print per answer (5)')
    parser.add_argument('--out', type=Path, default=Path('out/demo.png'), help='output picture')
    return parser


def _print_line(line: str) -> None:
    sys.stdout.write(line + '\n')
    sys.stdout.flush()
