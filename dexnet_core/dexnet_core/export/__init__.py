"""Trained networks as files that a robot runs: ONNX, and graphs for the RDK X5."""
