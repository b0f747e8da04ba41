"""Adaptation of a planner to a robot cell: corrects its evaluator from executed picks."""
