"""Planning time for a cloud of 20,000 points, by stage."""

from __future__ import annotations

import resource
import time
from typing import NamedTuple

from dexnet_core.io.files.markdown import markdown_table
from dexnet_core.planning.networks.graspnet_network import GraspNetTimes
from dexnet_core.planning.planners.graspnet_planner import GraspNetPlanner
import numpy as np
from numpy.typing import NDArray

_WARM_UP = 3


class CloudTiming(NamedTuple):
    """Times of repeated plans on one cloud.

    Attributes:
        stages: (rounds, 6) milliseconds of the network stages and of the grasp selection.
        processor_ms: (rounds,) milliseconds of CPU time, summed over all threads.
        grasps: Number of grasps in the last plan.
        resident_mb: Peak resident memory of the process.
    """

    stages: NDArray[np.float64]
    processor_ms: NDArray[np.float64]
    grasps: int
    resident_mb: float


def time_cloud(planner: GraspNetPlanner, points: NDArray[np.float32], rounds: int) -> CloudTiming:
    """Plan repeatedly on (20000, 3) points; the first rounds are not counted."""
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
    """Return a Markdown table: minimum, median and 95th percentile of every stage."""
    names = [name.removesuffix('_ms') for name in GraspNetTimes._fields]
    columns = dict(zip([*names, 'select'], timing.stages.T, strict=True))
    columns['total'] = timing.stages.sum(axis=1)
    columns['processor time'] = timing.processor_ms
    rows = [
        (name, *(f'{value:.1f}' for value in np.percentile(values, (0, 50, 95))))
        for name, values in columns.items()
    ]
    table = markdown_table(('stage', 'min ms', 'median ms', '95 % ms'), rows)
    about = f'{timing.grasps} grasps; peak resident memory {timing.resident_mb:.0f} MB'
    return f'{table}\n\n{about}'
