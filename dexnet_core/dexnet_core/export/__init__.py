"""From a trained network to the file a robot runs."""
