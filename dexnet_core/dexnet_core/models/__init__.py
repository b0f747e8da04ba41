"""The networks in torch, and their checkpoints."""
