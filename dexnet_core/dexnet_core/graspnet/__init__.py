"""Grasps in six degrees of freedom on point clouds, after GraspNet; NumPy and SciPy only."""
