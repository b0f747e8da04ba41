"""Sampling, grouping and interpolation of point clouds, equal to PointNet++'s CUDA operators."""
