"""Grasp planning on depth images: plain Python, without ROS."""

__version__ = '0.1.0'
