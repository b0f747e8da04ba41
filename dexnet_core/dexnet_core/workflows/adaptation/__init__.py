"""Adapts a planner to a cell: its evaluator learns from picks that were tried there."""
