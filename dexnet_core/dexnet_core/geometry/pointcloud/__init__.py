"""Point sampling and neighbour search of PointNet++, on a robot's CPU."""
