"""Objects to grasp: procedural objects and the user's meshes."""
