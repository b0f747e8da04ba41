"""The planner node of suction cups."""

from __future__ import annotations

from dexnet_core.runtime.registry import SUCTION
from dexnet_ros.planner_node import PlannerNode
from dexnet_ros.running import run

_NAME = 'suction_node'


def main() -> int:
    """Plan suction grasps until told to stop; return the exit status."""
    return run(_NAME, lambda: PlannerNode(_NAME, SUCTION), PlannerNode.start)
