"""Evaluation of exported model files on scenes that were not used for training."""
