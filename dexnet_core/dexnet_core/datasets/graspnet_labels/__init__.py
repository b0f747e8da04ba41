"""Grasp labels of GraspNet-1Billion on known meshes and in known scenes."""
