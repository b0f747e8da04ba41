"""Meshes to grasp: procedural ones and folders of the user's."""
