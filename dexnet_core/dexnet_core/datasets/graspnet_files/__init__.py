"""File format of GraspNet-1Billion: layout, reader, writer and checks."""
