"""A planner made for one's own gripper and parts, from trials to a folder that deploys."""
