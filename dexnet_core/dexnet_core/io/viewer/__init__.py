"""Clouds and grasps on a screen, with Open3D."""
