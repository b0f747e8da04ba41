"""Recordings of ROS 1 and ROS 2 without a ROS installation: read, planned on, written."""
