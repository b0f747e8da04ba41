"""Export of grasps in the file formats of other programs."""
