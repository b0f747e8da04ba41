"""Grasp planning as it runs on a robot, without torch: perception, networks and planners."""
