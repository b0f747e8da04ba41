"""What the grasps of a GraspNet are worth on a known mesh and in a known scene."""
