"""Pictures of grasps, heat maps and samples."""
