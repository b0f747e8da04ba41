"""Execution of grasps in MuJoCo and their outcomes."""
