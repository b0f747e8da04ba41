"""Grasps with six degrees of freedom on point clouds, after GraspNet: contracts and decoding."""
