"""Cameras, poses and planes: the arithmetic every room shares."""
