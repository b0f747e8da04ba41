"""All planner nodes in one process, with one executor of one thread."""

from __future__ import annotations

import sys

from dexnet_core.planning.planners.planner_registry import planner_kinds
from dexnet_ros.planner_node import PlannerNode
from programs import NODES
import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.parameter import Parameter


def main() -> int:
    """Serve until told to stop; return the exit status."""
    rclpy.init()
    executor = SingleThreadedExecutor()
    threads, nodes = [Parameter('threads', value=1)], []
    try:
        for name, program in NODES.items():
            kind = planner_kinds()[name]
            node = PlannerNode(program, kind, namespace=name, parameter_overrides=threads)
            if not node.start():
                return 1
            executor.add_node(node)
            nodes.append(node)
        executor.spin()
    except ExternalShutdownException:
        pass
    finally:
        for node in nodes:
            node.destroy_node()
        rclpy.try_shutdown()
    return 0


if __name__ == '__main__':
    sys.exit(main())
