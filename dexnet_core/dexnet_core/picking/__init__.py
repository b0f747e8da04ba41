"""Grasps carried out in MuJoCo: whether a gripper holds what a planner chose."""
