"""Grasps executed in MuJoCo, and whether the gripper holds the object."""
