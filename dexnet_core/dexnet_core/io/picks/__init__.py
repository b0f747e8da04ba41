"""Picks that were tried on a robot: a log of them, and tables of other people's."""
