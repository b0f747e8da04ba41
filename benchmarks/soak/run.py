"""Planner nodes for an hour under cameras that restart at another size every minute."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from pathlib import Path
import sys
import time

from dexnet_core.io.files.atomic import write_array
from programs import NODES
import rclpy
from rclpy.executors import SingleThreadedExecutor
from report import write_report
from tqdm import tqdm
from watched import Watched

KINDS = ('640x480', '848x480', '1280x720', 'cloud', '320x240')
"""What cameras send in turn."""


def main() -> int:
    """Run the test and write its report; return 1 if a promise was not kept."""
    args = _arguments()
    picture = args.out / 'picture.npy'
    if not picture.exists():
        from dexnet_core.evaluation.planner_speed import bench_image

        write_array(picture, bench_image().depth)
    soak(args)
    text, is_kept = write_report(args.out, args.planner)
    sys.stdout.write(text)
    return int(not is_kept)


def soak(args: argparse.Namespace) -> None:
    """Run the nodes and their cameras at the same time for the minutes that were asked for."""
    rclpy.init()
    node = rclpy.create_node('soak')
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    with ExitStack() as stack:
        stack.callback(rclpy.try_shutdown)
        for planner in args.planner:
            watched = Watched(node, planner, args.out, args.kind, args.phase)
            stack.callback(watched.close)
            watched.next_phase()
        began, shown = time.monotonic(), tqdm(total=round(60 * args.minutes), unit='s')
        while (passed := time.monotonic() - began) < 60 * args.minutes:
            executor.spin_once(timeout_sec=0.5)
            shown.update(int(passed) - shown.n)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add('--planner', action='append', choices=NODES, help='all at the same time by default')
    add('--minutes', type=float, default=60.0, help='in all')
    add('--phase', type=float, default=60.0, help='seconds until the camera restarts')
    add('--kind', action='append', help=f'what cameras send in turn; {" ".join(KINDS)} by default')
    add(
        '--out', type=Path, required=True, help='folder; picture.npy in it is seen, if it is there'
    )
    args = parser.parse_args()
    args.planner = args.planner or list(NODES)
    args.kind = args.kind or list(KINDS)
    return args


if __name__ == '__main__':
    sys.exit(main())
