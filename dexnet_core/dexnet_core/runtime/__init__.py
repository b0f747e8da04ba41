"""What a robot runs: model sessions and planners, without torch."""
