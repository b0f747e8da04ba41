"""Cameras, poses, point clouds and units."""
