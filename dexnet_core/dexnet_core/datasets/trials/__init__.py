"""Grasps that were tried in simulation or on a robot, and the samples of grasp evaluators."""
