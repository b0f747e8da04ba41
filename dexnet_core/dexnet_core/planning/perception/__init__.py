"""Perception in depth images and clouds: metric views, support planes, surfaces and patches."""
