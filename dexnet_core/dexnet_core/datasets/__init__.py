"""Data sets: generation, storage, and reading as training samples."""
