"""A planner that gets better by working: its evaluator learns from picks that were tried."""
