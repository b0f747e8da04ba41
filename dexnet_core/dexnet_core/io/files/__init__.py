"""Files of depth images, point clouds, cameras, masks and grasps."""
