"""Reports on model files: tables and curves."""
