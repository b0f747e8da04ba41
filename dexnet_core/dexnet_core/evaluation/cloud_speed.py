"""How fast grasps come from a cloud of 20,000 points, stage by stage."""

from __future__ import annotations

import resource
import time
from typing import NamedTuple

from dexnet_core.planning.networks.graspnet_network import GraspNetTimes
from dexnet_core.planning.planners.graspnet_planner import GraspNetPlanner
import numpy as np
from numpy.typing import NDArray

_WARM_UP = 3


class CloudTiming(NamedTuple):
    """One plan after the other on one cloud.

    Attributes:
        stages: (rounds, 6) milliseconds of the stages of the network, and of choosing.
        processor_ms: (rounds,) milliseconds of processors, all threads together.
        grasps: How many came out.
        resident_mb: Most memory that the process ever held.
    """

    stages: NDArray[np.float64]
    processor_ms: NDArray[np.float64]
    grasps: int
    resident_mb: float


def time_cloud(planner: GraspNetPlanner, points: NDArray[np.float32], rounds: int) -> CloudTiming:
    """Plan again and again on (20000, 3) points; the first rounds do not count."""
    stages, processor = [], []
    for _ in range(rounds + _WARM_UP):
        began = time.process_time()
        plan = planner.plan_points(points)
        processor.append((time.process_time() - began) * 1e3)
        stages.append([*plan.times.network, plan.times.select_ms])
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    counted = slice(_WARM_UP, None)
    processor_ms = np.array(processor[counted])
    return CloudTiming(np.array(stages[counted]), processor_ms, len(plan.grasps), resident)


def cloud_table(timing: CloudTiming) -> str:
    """Return Markdown: least, median and 95th percentile of every stage, and what they took."""
    rows = ['| stage | least ms | median ms | 95 % ms |', '|---|---|---|---|']
    names = [name.removesuffix('_ms') for name in GraspNetTimes._fields]
    columns = dict(zip([*names, 'select'], timing.stages.T, strict=True))
    columns['total'] = timing.stages.sum(axis=1)
    columns['processor time'] = timing.processor_ms
    for name, values in columns.items():
        least, median, high = np.percentile(values, (0, 50, 95))
        rows.append(f'| {name} | {least:.1f} | {median:.1f} | {high:.1f} |')
    rows.append(f'\n{timing.grasps} grasps; {timing.resident_mb:.0f} MB resident at most')
    return '\n'.join(rows)
