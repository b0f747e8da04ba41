"""What a planner's node costs beside its planner: processor time of each answer, by stage."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, ExitStack
from pathlib import Path
import sys
import tempfile
import time
from typing import Any, NamedTuple
from unittest.mock import patch

from dexnet_core.io.files.atomic import write_array
from dexnet_core.planning.grasp import GraspPlan
from dexnet_core.planning.planners.planner_registry import planner_kinds
from dexnet_ros import planner_model, planner_node, planner_outputs
from dexnet_ros.input_reader import InputReader
from dexnet_ros.plan_job import Job
from dexnet_ros.planner_node import PlannerNode
from dexnet_ros.sensor_subscription import SensorSubscription
from programs import end, NODES, start_camera, start_listener
import rclpy
from rclpy.executors import Executor, SingleThreadedExecutor
from rclpy.lifecycle import LifecyclePublisher
from rclpy.parameter import Parameter

PLANNER, EXECUTOR, THREADS = 'planner', 'executor', 'threads of the middleware'
_WARM_UP, _PATIENCE_S, _BATCHES = 10, 60.0, 5
KINDS = ('640x480', 'cloud')


class Stages:
    """Processor time of the thread that is spent in named functions, each without the others.

    Attributes:
        seconds: By name.
        calls: How often each was called.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.seconds: dict[str, float] = {}
        self.calls: Counter[str] = Counter()
        self._inner = [0.0]

    def timed(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that does the same and adds its time to a stage."""

        def wrapped(*args: Any, **options: Any) -> Any:  # noqa: ANN401
            began = time.thread_time()
            self._inner.append(0.0)
            try:
                return call(*args, **options)
            finally:
                took = time.thread_time() - began
                self.seconds[name] = self.seconds.get(name, 0.0) + took - self._inner.pop()
                self.calls[name] += 1
                self._inner[-1] += took

        return wrapped

    def clear(self) -> None:
        """Begin again."""
        self.seconds.clear()
        self.calls.clear()


class Share(NamedTuple):
    """Milliseconds of processor time of each answer.

    Attributes:
        planner_ms: Of the planner.
        stages: Of everything else, by name, the largest first.
        taken: Messages that were taken for each answer.
    """

    planner_ms: float
    stages: dict[str, float]
    taken: float

    @property
    def beside_ms(self) -> float:
        """All but the planner."""
        return sum(self.stages.values())


def share_of(planner: str, picture: Path, what: str, answers: int, again: bool) -> Share:
    """Run a node in this process, a camera and a listener in others, and time its answers.

    Args:
        planner: One of NODES.
        picture: That the camera shows.
        what: The camera sends, see camera.py.
        answers: How many are timed.
        again: Whether the first plan is given again and again instead of a new one.
    """
    stages = Stages()
    with ExitStack() as stack:
        stack.enter_context(_watched(stages, again))
        rclpy.init()
        stack.callback(rclpy.try_shutdown)
        threads = [Parameter('threads', value=1)]
        kind = planner_kinds()[planner]
        node = PlannerNode('node', kind, namespace=planner, parameter_overrides=threads)
        stack.callback(node.destroy_node)
        executor = SingleThreadedExecutor()
        stack.callback(executor.shutdown)
        executor.add_node(node)
        if not node.start():
            raise RuntimeError(f'the node of {planner} does not start')
        for process in (start_camera(planner, picture, what), start_listener(planner)):
            stack.callback(end, process)
        return _least(executor, stages, answers)


def _least(executor: Executor, stages: Stages, answers: int) -> Share:
    """Return the least of several shares: other programs on the machine only add to it."""
    _spin(executor, stages, _WARM_UP)
    each = max(answers // _BATCHES, 1)
    shares = [_timed(executor, stages, each) for _ in range(_BATCHES)]
    return min(shares, key=lambda share: share.beside_ms)


def _timed(executor: Executor, stages: Stages, answers: int) -> Share:
    stages.clear()
    whole, main, others = time.process_time(), time.thread_time(), middleware_s()
    _spin(executor, stages, answers)
    whole, main = time.process_time() - whole, time.thread_time() - main
    seconds = dict(stages.seconds)
    seconds[EXECUTOR] = main - sum(seconds.values())
    seconds[THREADS] = middleware_s() - others
    seconds[PLANNER] += max(whole - main - seconds[THREADS], 0.0)  # in threads of its own
    each = {name: 1000 * took / stages.calls[PLANNER] for name, took in seconds.items()}
    planner_ms = each.pop(PLANNER)
    largest_first = dict(sorted(each.items(), key=lambda item: -item[1]))
    return Share(planner_ms, largest_first, stages.calls['take'] / stages.calls[PLANNER])


def _spin(executor: Executor, stages: Stages, answers: int) -> None:
    """Serve until markers were made of that many answers."""
    began = time.monotonic()
    while stages.calls['make markers'] < answers:
        executor.spin_once()
        if stages.calls[PLANNER] == 0 and time.monotonic() - began > _PATIENCE_S:
            raise RuntimeError(f'no image came within {_PATIENCE_S:g} s')


def middleware_s() -> float:
    """Return the processor time of the threads of Fast DDS in this process."""
    threads = list(Path('/proc/self/task').iterdir())
    ours = [thread for thread in threads if (thread / 'comm').read_text().startswith('dds')]
    return sum(int((thread / 'schedstat').read_text().split()[0]) for thread in ours) * 1e-9


@contextmanager
def _watched(stages: Stages, again: bool) -> Iterator[None]:
    """Time what a node does, by name."""
    watched = [
        (Executor, '_take_subscription', 'take'),
        (SensorSubscription, '_adapt', 'look at publishers'),
        (planner_node, 'job_of', 'settings, frames'),
        (planner_model, 'read_settings', 'parameters'),
        (InputReader, 'read', 'read the input'),
        (planner_outputs, 'plan_to_msg', 'make grasps'),
        (planner_outputs, 'heatmap_to_msg', 'make heat map'),
        (planner_outputs, 'markers_from_grasps', 'make markers'),
    ]
    send = LifecyclePublisher.publish

    def named(publisher: LifecyclePublisher, msg: object) -> None:
        stages.timed(f'send {type(msg).__name__}', send)(publisher, msg)

    with ExitStack() as stack:
        for owner, name, stage in watched:
            timed = stages.timed(stage, getattr(owner, name))
            stack.enter_context(patch.object(owner, name, timed))
        stack.enter_context(patch.object(LifecyclePublisher, 'publish', named))
        plan = _again(Job.plan_seen) if again else Job.plan_seen
        stack.enter_context(patch.object(Job, 'plan_seen', stages.timed(PLANNER, plan)))
        yield


def _again(plan: Callable[[Job], GraspPlan]) -> Callable[[Job], GraspPlan]:
    """Return a function that plans once, and then answers the same."""
    plans: list[GraspPlan] = []

    def first(job: Job) -> GraspPlan:
        if not plans:
            plans.append(plan(job))
        return plans[0]

    return first


def table(shares: Mapping[str, Share]) -> str:
    """Return Markdown of the stages, by what was answered."""
    lines = [f'| ms of processor time | {" | ".join(shares)} |', '|---' * (1 + len(shares)) + '|']
    names = dict.fromkeys(name for share in shares.values() for name in share.stages)
    rows = {name: [share.stages.get(name, 0.0) for share in shares.values()] for name in names}
    rows['all beside the planner'] = [share.beside_ms for share in shares.values()]
    rows['planner'] = [share.planner_ms for share in shares.values()]
    for name, values in rows.items():
        lines.append(f'| {name} | ' + ' | '.join(f'{value:.2f}' for value in values) + ' |')
    for what, share in shares.items():
        ratio = share.beside_ms / share.planner_ms
        lines.append(
            f'\n{what}: {100 * ratio:.1f} % of the planner, most of it {next(iter(share.stages))}'
            f', {share.taken:.1f} messages taken for each answer'
        )
    return '\n'.join(lines)


def main() -> None:
    """Print the table."""
    args = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        picture = args.picture
        if picture is None:
            from dexnet_core.evaluation.planner_speed import bench_image

            picture = Path(folder) / 'picture.npy'
            write_array(picture, bench_image().depth)
        shares = {
            what: share_of(args.planner, picture, what, args.answers, args.again)
            for what in args.kind or KINDS
        }
    sys.stdout.write(table(shares) + '\n')


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add('--planner', choices=NODES, default='suction')
    add('--kind', action='append', help=f'what the camera sends; {" and ".join(KINDS)} by default')
    add('--answers', type=int, default=200, help='that are timed, in five batches')
    add('--again', action='store_true', help='give one plan again and again, with warm caches')
    add('--picture', type=Path, help='.npy of (480, 640) metres; by default a bin is rendered')
    return parser.parse_args()


if __name__ == '__main__':
    main()
