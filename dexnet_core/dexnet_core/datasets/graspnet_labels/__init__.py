"""Computation of GraspNet-1Billion labels for known meshes and scenes."""
