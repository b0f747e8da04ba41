"""What a depth image shows: metric views, support planes, surfaces."""
