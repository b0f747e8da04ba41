"""Labels of parallel-jaw grasps: soft-finger contacts and the robust epsilon metric."""
