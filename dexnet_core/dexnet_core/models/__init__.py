"""Networks in torch and their checkpoints."""
