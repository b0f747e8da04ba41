"""From labelled views to a trained network."""
