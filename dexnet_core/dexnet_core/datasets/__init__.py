"""Labelled views on disk and samples for training."""
