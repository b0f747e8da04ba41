"""Depth images, cameras, masks and grasps on disk."""
