"""Objects, scenes and simulated cameras, contact models, and picking in physics."""
