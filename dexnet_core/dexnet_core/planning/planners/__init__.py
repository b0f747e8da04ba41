"""Planners of grasps: from a segmented scene to grasps, best first, or why there are none."""
