"""Labelled depth images of scenes, and training samples for dense (whole-image) networks."""
