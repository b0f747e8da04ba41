"""Messages of ROS as arrays, whoever read them: rclpy, or the reader of a bag."""
