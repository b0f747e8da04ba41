"""Conversion between ROS messages and arrays, for messages of rclpy and of a bag reader."""
