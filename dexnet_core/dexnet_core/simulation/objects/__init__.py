"""Objects to grasp: procedural ones, and the user's own meshes."""
