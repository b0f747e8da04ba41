"""Entry points of the programs; each handles signals before the slow imports."""

from __future__ import annotations

import os

from dexnet_ros.starting import end_quietly


def suction_node() -> int:
    """Plan suction grasps until a stop signal; return the exit status."""
    return _planner('suction_node', 'suction')


def parallel_jaw_node() -> int:
    """Plan parallel-jaw grasps until a stop signal; return the exit status."""
    return _planner('parallel_jaw_node', 'jaw')


def graspnet_node() -> int:
    """Plan GraspNet grasps until a stop signal; return the exit status."""
    return _planner('graspnet_node', 'graspnet')


def simulated_camera() -> int:
    """Publish images of a simulated heap until a stop signal; return the exit status."""
    end_quietly()
    # MuJoCo only simulates here. Otherwise it looks for OpenGL in another process, which writes a
    # traceback if this one ends before it.
    os.environ.setdefault('MUJOCO_GL', 'disable')
    from dexnet_ros.simulated_camera import main

    return main()


def depth_file() -> int:
    """Publish an image from files until a stop signal; return the exit status."""
    end_quietly()
    from dexnet_ros.depth_file import main

    return main()


def show_grasps() -> int:
    """Print grasps until a picture is written; return the exit status."""
    end_quietly()
    from dexnet_ros.show_grasps import main

    return main()


def _planner(name: str, kind: str) -> int:
    """Run the node of a planner; `kind` is a key of `planner_kinds`."""
    end_quietly()
    from dexnet_core.planning.planners.planner_registry import planner_kinds
    from dexnet_ros.planner_node import PlannerNode
    from dexnet_ros.running import run

    return run(name, lambda: PlannerNode(name, planner_kinds()[kind]), PlannerNode.start)
