"""Labelled depth images of scenes, and the samples that networks of whole images learn from."""
