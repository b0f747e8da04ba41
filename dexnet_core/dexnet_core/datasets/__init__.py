"""Data sets: how they are generated, stored and read as training samples."""
