"""Thin ROS 2 nodes around dexnet_core."""
