"""The programs of this package; each hears signals before it imports what takes seconds."""

from __future__ import annotations

from dexnet_ros.starting import end_quietly


def suction_node() -> int:
    """Plan suction grasps until told to stop; return the exit status."""
    return _planner('suction_node', 'suction')


def parallel_jaw_node() -> int:
    """Plan parallel-jaw grasps until told to stop; return the exit status."""
    return _planner('parallel_jaw_node', 'jaw')


def graspnet_node() -> int:
    """Plan grasps of GraspNet until told to stop; return the exit status."""
    return _planner('graspnet_node', 'graspnet')


def simulated_camera() -> int:
    """Show a simulated heap until told to stop; return the exit status."""
    end_quietly()
    from dexnet_ros.simulated_camera import main

    return main()


def depth_file() -> int:
    """Show an image from files until told to stop; return the exit status."""
    end_quietly()
    from dexnet_ros.depth_file import main

    return main()


def show_grasps() -> int:
    """Show grasps until a picture is written; return the exit status."""
    end_quietly()
    from dexnet_ros.show_grasps import main

    return main()


def _planner(name: str, kind: str) -> int:
    """Run the node of a planner, whose kind is named as a person types it."""
    end_quietly()
    from dexnet_core.planning.planners.planner_registry import planner_kinds
    from dexnet_ros.planner_node import PlannerNode
    from dexnet_ros.running import run

    return run(name, lambda: PlannerNode(name, planner_kinds()[kind]), PlannerNode.start)
