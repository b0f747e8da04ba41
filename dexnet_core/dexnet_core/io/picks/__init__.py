"""Picks tried on a robot: the log of the nodes, and tables of other sources."""
