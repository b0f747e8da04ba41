"""Data sets of aligned crops in the file format of Dex-Net: generation, reader, statistics."""
