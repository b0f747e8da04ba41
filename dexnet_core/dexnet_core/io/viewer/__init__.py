"""Viewers of clouds and grasps: an Open3D window, and Rerun recordings."""
