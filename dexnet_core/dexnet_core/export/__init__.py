"""Export of trained networks to ONNX, and to graphs for the RDK X5."""
