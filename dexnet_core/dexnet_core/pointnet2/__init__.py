"""Sampling, grouping and interpolation on point clouds, as the CUDA operators of PointNet++."""
