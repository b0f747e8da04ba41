"""Grasp trials in simulation or on a robot, and training samples of grasp evaluators."""
