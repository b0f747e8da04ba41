"""Grippers as data: parallel jaws and suction cups, from YAML files."""
