"""Planners of grasps: from an observed scene to grasps, best first, or why there are none."""
