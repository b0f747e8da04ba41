"""Training of a planner for a gripper, a camera and parts: trials, training, deployable folder."""
