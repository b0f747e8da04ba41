"""Whole jobs of several steps, each behind one command."""
