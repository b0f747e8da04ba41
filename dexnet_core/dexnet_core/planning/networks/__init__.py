"""Exported networks at run time: model files, ONNX Runtime sessions and compiled graphs."""
