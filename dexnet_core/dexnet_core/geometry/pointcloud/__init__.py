"""Samples and neighbours of points, as PointNet++ takes them, on a robot's CPU."""
