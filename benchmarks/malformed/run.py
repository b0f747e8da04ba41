"""Sends malformed messages through the planners, and reports crashes, hangs and memory."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
import resource
import sys
import time
from typing import NamedTuple

from builtin_interfaces.msg import Time
from dexnet_core.io.files.atomic import write_text
from dexnet_core.planning.grasp import PlanStatus
from dexnet_core.planning.planners.planner import Planner
from dexnet_core.planning.planners.planner_registry import planner_kinds
from dexnet_msgs.srv import PlanGrasps
from dexnet_ros.input_reader import InputReader
from dexnet_ros.latest_input import LatestInput
from dexnet_ros.plan_job import PlanContext
from dexnet_ros.plan_service import answer
from dexnet_ros.repeated_log import RepeatedLog
from dexnet_ros.up import Up
from messages import KINDS, malformed
import numpy as np
from numpy.typing import NDArray
import rclpy
from rclpy.node import Node
from tqdm import tqdm

MOST_SECONDS, MOST_BYTES = 1.0, 2**30
"""An answer takes less time, and all of them together add less memory."""
_HEAD = """| planner | malformed | messages | faults | slowest (s) | memory (MiB) | answers |
|---|---|---|---|---|---|---|"""
FAULT = 'the planner failed'
"""How an answer begins whose reason is a fault of the planner, not of the message."""


class Answered(NamedTuple):
    """What became of one malformed message.

    Attributes:
        status: Of the answer.
        seconds: Until it came.
        grown: Bytes by which the memory of the process has grown.
        failure: What was raised, or how the planner failed; empty where nothing went wrong.
    """

    status: PlanStatus
    seconds: float
    grown: int
    failure: str

    @property
    def fault(self) -> str:
        """What is wrong with the answer; empty where nothing is."""
        if self.failure:
            return self.failure
        if self.seconds > MOST_SECONDS:
            return f'took {self.seconds:.2f} s'
        return f'took {self.grown / 2**20:.0f} MiB' if self.grown > MOST_BYTES else ''


def main() -> int:
    """Send the messages, print and write the report; return 1 if there was a fault."""
    args = _arguments()
    rclpy.init()
    node = rclpy.create_node('malformed')
    for logger in ('malformed', 'planner'):
        rclpy.logging.set_logger_level(logger, rclpy.logging.LoggingSeverity.FATAL)
    known = context_of(node)
    seeds = range(args.first, args.first + args.count)
    lines, faults = [_HEAD], []
    for name in args.planner:
        planner = planner_kinds()[name].load(None, None, threads=1)
        for kind in args.kind:
            outcome = tried(planner, known, kind, tqdm(seeds, desc=f'{name}, {kind}'))
            lines.append(_row(name, kind, outcome))
            faults += [
                f'{name} {kind} {args.first + number}: {said.fault}'
                for number, said in enumerate(outcome)
                if said.fault
            ]
    text = '\n'.join([*lines, '', *faults, ''])
    sys.stdout.write(text)
    if args.out:
        write_text(args.out, text)
    node.destroy_node()
    rclpy.try_shutdown()
    return int(bool(faults))


def tried(planner: Planner, known: PlanContext, kind: str, seeds: Iterable[int]) -> list[Answered]:
    """Return what became of one malformed message for each seed."""
    return [answered(planner, known, malformed(kind, seed).request) for seed in seeds]


def context_of(node: Node) -> PlanContext:
    """Return what a node without parameters of its own knows, which no transform reaches."""
    reader = InputReader(node, RepeatedLog(node.get_logger()))
    return PlanContext(_no_transform, lambda header: Up(None, ''), reader)


def answered(planner: Planner, known: PlanContext, request: PlanGrasps.Request) -> Answered:
    """Return what becomes of a request as a node answers it."""
    before, began = most_bytes(), time.perf_counter()
    status, failure = PlanStatus.BAD_INPUT, ''
    try:
        response = answer(request, LatestInput(), planner, known)
        status = PlanStatus(response.grasps.status)
        failure = response.reason if response.reason.startswith(FAULT) else ''
    except Exception as error:  # a node would end
        failure = f'raised {error!r}'
    return Answered(status, time.perf_counter() - began, most_bytes() - before, failure)


def most_bytes() -> int:
    """Return the most memory that this process has had."""
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _no_transform(target: str, source: str, stamp: Time) -> NDArray[np.float64]:
    raise ValueError(f'no transform from {source!r} to {target!r}')


def _row(planner: str, kind: str, outcome: list[Answered]) -> str:
    counts = Counter(one.status.name for one in outcome)
    said = ', '.join(f'{name} {count}' for name, count in counts.most_common())
    slowest = max(one.seconds for one in outcome)
    faults = sum(bool(one.fault) for one in outcome)
    memory = most_bytes() / 2**20
    counted = f'{len(outcome)} | {faults} | {slowest:.2f} | {memory:.0f}'
    return f'| {planner} | {kind} | {counted} | {said} |'


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add('--planner', action='append', choices=planner_kinds(), help='all by default')
    add('--kind', action='append', choices=KINDS, help='what is malformed; all by default')
    add('--count', type=int, default=1000, help='messages of each kind for each planner')
    add('--first', type=int, default=0, help='seed of the first one, to see one again')
    add('--out', type=Path, help='file for the report')
    args = parser.parse_args()
    args.planner = args.planner or list(planner_kinds())
    args.kind = args.kind or list(KINDS)
    return args


if __name__ == '__main__':
    sys.exit(main())
