"""Training of all networks: configuration, loop, losses and records."""
