"""Grasp data sets in the files of GraspNet-1Billion, published ones and our own."""
