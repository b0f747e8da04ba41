"""Workflows of several steps, each started by one command."""
