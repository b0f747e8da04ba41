"""Input and output: files, ROS messages, bags, pictures and viewers."""
