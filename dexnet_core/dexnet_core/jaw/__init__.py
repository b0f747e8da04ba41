"""What a parallel-jaw grasp is worth: soft-finger contacts and the robust epsilon metric."""
