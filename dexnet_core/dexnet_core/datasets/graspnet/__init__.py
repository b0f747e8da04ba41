"""Data sets of GraspNet: generation and training samples."""
