"""Scenes of objects on tables and in bins, and simulated depth cameras."""
