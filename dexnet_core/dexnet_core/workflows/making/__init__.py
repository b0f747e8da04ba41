"""Makes a planner for a gripper, a camera and parts: trials, training, and a folder to deploy."""
