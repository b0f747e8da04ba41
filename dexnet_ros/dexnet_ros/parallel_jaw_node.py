"""The planner node of parallel jaws."""

from __future__ import annotations

from dexnet_core.runtime.registry import PARALLEL_JAW
from dexnet_ros.planner_node import PlannerNode
from dexnet_ros.running import run

_NAME = 'parallel_jaw_node'


def main() -> int:
    """Plan parallel-jaw grasps until told to stop; return the exit status."""
    return run(_NAME, lambda: PlannerNode(_NAME, PARALLEL_JAW), PlannerNode.start)
