"""The files of GraspNet-1Billion: layout, reader, writer and checks."""
