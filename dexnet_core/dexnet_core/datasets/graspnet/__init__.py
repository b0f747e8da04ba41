"""Data sets of GraspNet: how they are generated, and the training samples made from them."""
