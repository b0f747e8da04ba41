"""Everything that is read and written: files, ROS messages, recordings, pictures."""
