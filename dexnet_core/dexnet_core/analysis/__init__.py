"""Reports on model files: plain numbers, and pictures of them."""
