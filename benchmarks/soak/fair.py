"""Four clients ask three planners without a pause, while each has a camera: who waits how long?"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
import sys
import time
from typing import NamedTuple

from dexnet_core.io.files.atomic import write_array, write_text
from dexnet_msgs.msg import GraspArray
from dexnet_msgs.srv import PlanGrasps
import numpy as np
from programs import end, NODES, start_camera, start_node, start_together
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node

LAYOUTS = ('one process', 'three processes')
_CLIENTS, _PATIENCE_S = 4, 60.0
_HEAD = """| nodes | planner | requests | median ms | 95 % | worst | of each client | refused \
| images |
|---|---|---|---|---|---|---|---|---|"""


class Asked(NamedTuple):
    """A request that was answered: by whom, of whom, how long it took, and whether well."""

    client: int
    planner: str
    ms: float
    success: bool


class Client:
    """Asks the planners in turn for a plan of their newest image, the next when one answered."""

    def __init__(self, node: Node, number: int, asked: list[Asked]) -> None:
        """Make the clients; `number` tells which planner is asked first."""
        self._number, self._asked = number, asked
        self._clients = {name: node.create_client(PlanGrasps, _service(name)) for name in NODES}

    def is_ready(self) -> bool:
        """Tell whether every planner can be asked."""
        return all(client.service_is_ready() for client in self._clients.values())

    def ask(self, turn: int = 0) -> None:
        """Ask the planner whose turn it is, and then the next ones."""
        planner = list(NODES)[(self._number + turn) % len(NODES)]
        began = time.perf_counter()
        future = self._clients[planner].call_async(PlanGrasps.Request())

        def done(future: rclpy.task.Future) -> None:
            ms = 1000 * (time.perf_counter() - began)
            self._asked.append(Asked(self._number, planner, ms, future.result().success))
            self.ask(turn + 1)

        future.add_done_callback(done)


def run(layout: str, picture: Path, minutes: float, logs: Path) -> list[str]:
    """Return the rows of the table of one layout."""
    with ExitStack() as stack:
        for name in NODES:
            stack.callback(end, start_camera(name, picture, '640x480'))
        if layout == LAYOUTS[0]:
            stack.callback(end, start_together(logs / 'together.log'))
        else:
            for name in NODES:
                stack.callback(end, start_node(name, logs / f'{name}.log'))
        rclpy.init()
        stack.callback(rclpy.try_shutdown)
        node = rclpy.create_node('clients')
        images = dict.fromkeys(NODES, 0)

        def count(name: str) -> None:
            images[name] += 1

        for name in NODES:
            node.create_subscription(
                GraspArray, f'/{name}/grasps', lambda _, name=name: count(name), 10
            )
        asked: list[Asked] = []
        clients = [Client(node, number, asked) for number in range(_CLIENTS)]
        _serve(node, clients, images, minutes)
    return [_row(layout, name, asked, images[name]) for name in NODES]


def _serve(node: Node, clients: Sequence[Client], images: dict[str, int], minutes: float) -> None:
    """Let the clients ask once every planner has answered an image."""
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    began = time.monotonic()
    while not (all(images.values()) and all(client.is_ready() for client in clients)):
        executor.spin_once(timeout_sec=0.1)
        if time.monotonic() - began > _PATIENCE_S:
            raise RuntimeError(f'not every planner was ready within {_PATIENCE_S:g} s: {images}')
    images.update(dict.fromkeys(images, 0))
    for client in clients:
        client.ask()
    began = time.monotonic()
    while time.monotonic() - began < 60 * minutes:
        executor.spin_once(timeout_sec=0.5)


def _row(layout: str, planner: str, asked: Sequence[Asked], images: int) -> str:
    of_planner = [one for one in asked if one.planner == planner]
    times = np.percentile([one.ms for one in of_planner], (50, 95, 100))
    each = np.bincount([one.client for one in of_planner], minlength=_CLIENTS)
    refused = sum(not one.success for one in of_planner)
    spread = ' | '.join(f'{ms:.0f}' for ms in times)
    clients = ', '.join(map(str, each))
    counts = f'{clients} | {refused} | {images}'
    return f'| {layout} | {planner} | {len(of_planner)} | {spread} | {counts} |'


def _service(name: str) -> str:
    return f'/{name}/plan_grasps'


def main() -> None:
    """Print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add('--minutes', type=float, default=5.0, help='of each layout')
    add('--layout', action='append', choices=LAYOUTS, help='both by default')
    add('--out', type=Path, required=True, help='folder; a picture.npy in it is seen')
    args = parser.parse_args()
    picture = args.out / 'picture.npy'
    if not picture.exists():
        from dexnet_core.evaluation.planner_speed import bench_image

        write_array(picture, bench_image().depth)
    lines = [_HEAD]
    for layout in args.layout or LAYOUTS:
        lines += run(layout, picture, args.minutes, args.out)
        write_text(args.out / 'fair.md', '\n'.join([*lines, '']))
    sys.stdout.write('\n'.join([*lines, '']))


if __name__ == '__main__':
    main()
