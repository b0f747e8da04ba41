"""The planner node of GraspNet: jaws in any direction, on clouds or depth images."""

from __future__ import annotations

from dexnet_core.runtime.registry import GRASPNET
from dexnet_ros.planner_node import PlannerNode
from dexnet_ros.running import run

_NAME = 'graspnet_node'


def main() -> int:
    """Plan grasps until told to stop; return the exit status."""
    return run(_NAME, lambda: PlannerNode(_NAME, GRASPNET), PlannerNode.start)
