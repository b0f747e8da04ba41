"""Exported model files measured on scenes that no training saw."""
